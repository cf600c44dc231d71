import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fineTune, resumeRun } from '../../src/runner/jobs/fine-tune/job.ts'
import { settingsOf, smallRun, summaryOf, timeless, workspace, writeManifest } from '../support/e2e.ts'

const folder = workspace()
writeManifest(folder)

test('stopped in the middle of an episode, with two workers, a run goes on to the end that one process comes to', async () => {
  const reference = await summaryOf(smallRun(folder, { out: join(folder, 'reference') }))
  const dir = join(folder, 'stopped')
  const controller = new AbortController()
  let steps = 0
  const hooks = {
    clock: Date.now,
    signal: controller.signal,
    onEvent: (event: { type: string }) => {
      if (event.type === 'step' && ++steps === 8) controller.abort()
    },
  }
  const values = settingsOf(smallRun(folder, { out: dir, workers: 2 }))
  await expect(fineTune(values, hooks)).rejects.toMatchObject({ kind: 'interrupted' })
  const end = await resumeRun(dir, {
    ...hooks,
    signal: new AbortController().signal,
    onEvent: () => undefined,
  })
  const summary = 'summary' in end ? end.summary : end
  expect(summary.hash).toBe(reference.hash)
  expect(summary.episodes.map(timeless)).toEqual(reference.episodes.map(timeless))
  const policyOf = (run: string) => readFileSync(join(run, 'policy.json'), 'utf8')
  expect(policyOf(summary.runDir)).toBe(policyOf(reference.runDir))
})
