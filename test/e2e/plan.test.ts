import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { eventsOf, layergym, smallRun, summaryOf, workspace, writeManifest } from '../support/e2e.ts'

const folder = workspace()
writeManifest(folder)
let count = 0
const fresh = () => join(folder, `run-${++count}`)
const baselines = { baselines: 'linearProbe,fullFineTune,fromScratch', 'baseline-rates': 4 }

test('a run says what it will do and how long it goes on, and fits itself into minutes', async () => {
  const dir = fresh()
  const { code, out, err } = await layergym(
    smallRun(folder, { out: dir, ...baselines, episodes: 1000, minutes: 0.5 }),
  )
  expect(code, err).toBe(0)
  const planned = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))
  console.log(err)
  expect(planned).not.toHaveProperty('minutes')
  expect(planned.episodes).toBeLessThan(1000)
  expect(planned.episodes % 2).toBe(0)
  expect(err).toContain(`to end within 0.5 minutes: ${planned.episodes} episodes instead of 1000\n`)
  expect(err).toMatch(/^plan: about .* \(a step takes /m)
  expect(err).toMatch(/^episode 1: .*; about \d+ (s|min) left$/m)
  const [plan] = eventsOf(dir).filter(({ type }) => type === 'plan')
  expect(Object.keys((plan.steps as { seconds: object }).seconds).sort()).toMatchObject(['evaluation', 'full'])
  // The resolved configuration alone makes the same run again.
  const again = await summaryOf(['fine-tune', '--config', join(dir, 'config.json'), '--out', fresh(), '--json'])
  expect(again.hash).toBe(JSON.parse(out).hash)
})
