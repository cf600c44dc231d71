import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { report, train } from '../../../src/index.ts'

const LOGS = fileURLToPath(new URL('../../golden/imports', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'layergym-joined-in-code-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const trained = (agent: string, seed: number) =>
  train({
    ...{ env: 'CartPole-v1', agent, seed, steps: 300, evalEpisodes: 2 },
    out: join(root, `${agent}-${seed}`),
  })

test('runs of train and of Stable-Baselines3 are joined in code, to the page and the summary of the command', async () => {
  const [run] = await Promise.all([trained('random', 1), trained('random', 2)])
  const out = join(root, 'joined')
  const from = [join(root, 'random-1'), join(root, 'random-2'), `zoo=${join(LOGS, 'sb3')}`]
  const summary = await report({ from, out })
  if ('environments' in summary) throw new Error('of several environments')
  expect(summary.agents.map(({ agent, runs }) => [agent, runs.length])).toEqual([
    ['random', 2],
    ['zoo', 2],
  ])
  expect(summary.agents[0].runs[0].hash).toBe(run.hash)
  expect(summary.rewardThreshold).toBe(475)
  expect(summary.joined.contenders.map(({ tool }) => tool)).toEqual(['layergym', 'Stable-Baselines3'])
  expect(existsSync(join(out, 'report.html'))).toBe(true)
  expect(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')).hash).toBe(summary.hash)
})

test('a wrong setting is named, and so is a path with nothing to read', async () => {
  const out = join(root, 'none')
  await expect(report({ from: [LOGS], out, steps: 0 })).rejects.toThrow("'steps' can't be 0")
  await expect(report({ from: join(root, 'nowhere'), out })).rejects.toThrow(/there is no .*nowhere/)
  expect(existsSync(out)).toBe(false)
})
