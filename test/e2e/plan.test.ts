import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inTurn } from '../../src/common/in-turn.ts'
import { parseConfig } from '../../src/common/settings.ts'
import { compose } from '../../src/runner/instances/compose.ts'
import { fineTuneSchema } from '../../src/runner/instances/config.ts'
import { stepCounter } from '../../src/runner/jobs/fine-tune/hands.ts'
import { FineTuneWork } from '../../src/runner/jobs/fine-tune/work.ts'
import { runHash } from '../../src/runner/runs/digest.ts'
import type { Running, Unit } from '../../src/runner/runs/job.ts'
import {
  eventsOf,
  layergym,
  settingsOf,
  smallRun,
  summaryOf,
  workspace,
  writeManifest,
} from '../support/e2e.ts'

const folder = workspace()
writeManifest(folder)
let count = 0
const fresh = () => join(folder, `run-${++count}`)

test('within minutes: what gives way is said, and the resolved configuration alone makes the same run again', async () => {
  const dir = fresh()
  const { code, out, err } = await layergym(smallRun(folder, { out: dir, episodes: 1000, minutes: 0.2 }))
  expect(code, err).toBe(0)
  const planned = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'))
  expect(planned).not.toHaveProperty('minutes')
  expect(planned.episodes).toBeLessThan(1000)
  expect(planned.episodes % 2).toBe(0)
  expect(err).toContain(`to end within 0.2 minutes: ${planned.episodes} episodes instead of 1000\n`)
  expect(err).toMatch(/^plan: about .* \(a step takes /m)
  expect(err).toMatch(/^episode 1: .*; about \d+ s left$/m)
  expect(err).toMatch(/^linear probe, seed 3: .*; nearly done$/m)
  expect(eventsOf(dir).filter(({ type }) => type === 'plan')).toHaveLength(1)
  const again = ['fine-tune', '--config', join(dir, 'config.json'), '--out', fresh(), '--json']
  expect((await summaryOf(again)).hash).toBe(JSON.parse(out).hash)
})

test('too few minutes are refused with those that are enough, and leave no folder', async () => {
  const dir = fresh()
  const { code, err } = await layergym(smallRun(folder, { out: dir, minutes: 0.0001 }))
  expect(code).toBe(2)
  expect(err).toMatch(/0\.0001 minutes are too few .* give --minutes [\d.]+ or more/)
  expect(() => readFileSync(join(dir, 'config.json'))).toThrow('ENOENT')
})

test('a run that goes on tells what is left of it, and records one plan', async () => {
  const dir = fresh()
  const stopped = await layergym(smallRun(folder, { out: dir }), (text, abort) => {
    if (/^episode 4/.test(text)) abort()
  })
  expect(stopped.code).toBe(130)
  const { err } = await layergym(['resume', dir])
  expect(err).toMatch(/^left to do: about /m)
  expect(err).not.toContain('searches of learning rates')
  expect(eventsOf(dir).filter(({ type }) => type === 'plan')).toHaveLength(1)
})

test('the hash is that of a run whose steps were not measured', async () => {
  const values = settingsOf(smallRun(folder))
  const signal = new AbortController().signal
  const hooks = { signal, clock: () => 0, onEvent: () => undefined }
  const composition = await compose(parseConfig(fineTuneSchema, values), {}, hooks)
  const { run, digests } = unitsAlone({ dir: fresh(), ...hooks })
  const steps = stepCounter(hooks.onEvent)
  await new FineTuneWork(composition, composition.createAgents(), run, steps).finish()
  expect((await summaryOf(smallRun(folder, { out: fresh() }))).hash).toBe(runHash(digests))
})

/** Does units as they come, and keeps nothing but their digests. */
function unitsAlone({ dir, signal, clock }: Pick<Running, 'dir' | 'signal' | 'clock'>) {
  const digests = new Map<string, string>()
  const one = inTurn()
  const performed = async <T>(unit: Unit<T>) => {
    const records: unknown[] = []
    const save = async (_: unknown, more: readonly unknown[] = []) => void records.push(...more)
    const emit = () => undefined
    const outcome = await unit.run({ signal, clock, emit, save })
    digests.set(unit.key, unit.digest(outcome, records))
    return { key: unit.key, digest: '', outcome: (await unit.taken?.(outcome, emit)) ?? outcome, records }
  }
  const run: Running = {
    ...{ dir, signal, clock, emit: () => undefined, atOnce: 1 },
    perform: unit => one(() => performed(unit)),
    gather: () => Promise.reject(new Error('nothing is kept')),
    write: async name => name,
  }
  return { run, digests }
}
