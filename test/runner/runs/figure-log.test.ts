import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { RunEvent } from '../../../src/runner/runs/events.ts'
import { FigureLog } from '../../../src/runner/runs/figure-log.ts'
import { figuresOf } from '../../../src/runner/runs/figures.ts'
import { episode } from '../../support/told.ts'

const dir = mkdtempSync(join(tmpdir(), 'layergym-figures-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const run = (key: string): RunEvent => {
  return { type: 'run', key, score: 0.5, rewardLoss: 0.25, rewardPrimary: 1, flops: 8, seconds: 2 }
}
const line = (event: RunEvent, unit: string) =>
  `${JSON.stringify({ seq: 1, time: '2026-01-02T03:04:05.000Z', unit, ...event })}\n`

test('an event’s figures have its group, its own step, and no number that is not finite', () => {
  expect(figuresOf(episode(3), 0)).toMatchObject({ step: 4, values: { 'episode/score': expect.any(Number) } })
  const report = { loss: 0.5, kl: Number.NaN }
  expect(figuresOf({ type: 'update', agent: 'head', update: 2, report }, 0)).toEqual({
    step: 2,
    values: { 'head/loss': 0.5 },
  })
  expect(figuresOf(run('lpFt/3'), 6)).toMatchObject({ step: 7, values: { 'run/lpFt/3/score': 0.5 } })
  expect(figuresOf({ type: 'done', hash: 'x' }, 0)).toBeUndefined()
})

test('training has its mean return and its speed, evaluations their own step', () => {
  const point = (returns: readonly number[]) =>
    ({ type: 'point', point: { step: 40, returns, seconds: 8, report: { loss: 3 } } }) as unknown as RunEvent
  expect(figuresOf(point([1, 4]), 0)).toEqual({
    step: 40,
    values: { 'training/return': 2.5, 'training/steps/s': 5, 'training/loss': 3 },
  })
  expect(figuresOf(point([]), 0)?.values).toEqual({ 'training/steps/s': 5, 'training/loss': 3 })
  const evaluation = {
    type: 'evaluation',
    point: { step: 7, meanReturn: 2, stdReturn: 0 },
  } as unknown as RunEvent
  expect(figuresOf(evaluation, 0)).toEqual({
    step: 7,
    values: { 'evaluation/meanReturn': 2, 'evaluation/stdReturn': 0 },
  })
  const greedy = episode(1)
  if (greedy.type !== 'episode') throw new Error('no episode')
  const played = { ...greedy, episode: { ...greedy.episode, kind: 'greedy' } } as RunEvent
  expect(Object.keys(figuresOf(played, 0)?.values ?? {})).toContain('greedy/score')
})

test('a run’s figures have the number of the runs before; other events between count nothing', async () => {
  const folder = mkdtempSync(join(dir, 'numbers-'))
  const log = await FigureLog.open({ dir: folder, log: 'events.jsonl', formats: ['csv'] })
  log.take(run('a'), undefined, 0)
  log.take({ type: 'done', hash: 'x' }, undefined, 0)
  log.take(run('b'), undefined, 0)
  await log.close()
  const lines = readFileSync(join(folder, 'figures.csv'), 'utf8').trimEnd().split('\n')
  const scores = lines.filter(row => row.includes('/score'))
  expect(scores).toEqual([
    '1970-01-01T00:00:00.000Z,,run/a/score,1,0.5',
    '1970-01-01T00:00:00.000Z,,run/b/score,2,0.5',
  ])
  expect(readdirSync(folder)).toEqual(['figures.csv'])
})

test('what goes wrong on the way is told at the end, and the first of it', async () => {
  const folder = mkdtempSync(join(dir, 'wrong-'))
  const log = await FigureLog.open({ dir: folder, log: 'events.jsonl', formats: ['csv'] })
  rmSync(join(folder, 'figures.csv'))
  mkdirSync(join(folder, 'figures.csv'))
  log.take(run('a'), 'a', 0)
  log.take(run('b'), 'b', Number.NaN)
  await expect(log.close()).rejects.toMatchObject({ code: 'EISDIR' })
})

test('only tables leave no TensorBoard of an earlier process, and TensorBoard no table', async () => {
  const folder = mkdtempSync(join(dir, 'board-'))
  const old = join(folder, 'tensorboard')
  mkdirSync(old)
  writeFileSync(join(old, 'events.out.tfevents.1'), 'old')
  const log = await FigureLog.open({ dir: folder, log: 'events.jsonl', formats: ['tensorboard'] })
  log.take(run('a'), 'a', 5000)
  await log.close()
  expect(readdirSync(folder)).toEqual(['tensorboard'])
  expect(readdirSync(old)).toEqual(['events.out.tfevents.0000000005.layergym.0'])
})

test('a run that goes on has what its log tells, once, and then what happens', async () => {
  writeFileSync(
    join(dir, 'events.jsonl'),
    line(run('a, "b"/1'), 'a, "b"/1') + line({ type: 'done', hash: 'x' }, 'a'),
  )
  writeFileSync(join(dir, 'figures.csv'), 'what a killed process left')
  const log = await FigureLog.open({ dir, log: 'events.jsonl', formats: ['csv', 'tensorboard'] })
  log.take(run('c/1'), 'c/1', Date.UTC(2026, 0, 2))
  log.take({ type: 'step', run: 'c', step: 1, of: 2 }, 'c/1', 0)
  await log.close()
  const lines = readFileSync(join(dir, 'figures.csv'), 'utf8').trimEnd().split('\n')
  expect(lines[0]).toBe('time,unit,figure,step,value')
  expect(lines[1]).toBe('2026-01-02T03:04:05.000Z,"a, ""b""/1","run/a, ""b""/1/score",1,0.5')
  expect(lines.slice(6)[0]).toBe('2026-01-02T00:00:00.000Z,c/1,run/c/1/score,2,0.5')
  expect(lines).toHaveLength(11)
  expect(readdirSync(join(dir, 'tensorboard'))).toHaveLength(1)
})
