import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { readScalars } from '../../../../../src/runner/jobs/benchmark/joined/event-file.ts'
import { readSource } from '../../../../../src/runner/jobs/benchmark/joined/sources.ts'
import { tidyTable } from '../../../../../src/runner/jobs/benchmark/table.ts'
import { TensorBoardWriter } from '../../../../../src/runner/runs/tensorboard.ts'
import { outcomes } from '../../../../support/benchmark.ts'

/** Logs of Stable-Baselines3 and TensorBoard themselves: make.py there. */
const LOGS = fileURLToPath(new URL('../../../../golden/imports', import.meta.url))
const EXPECTED: Readonly<
  Record<
    string,
    {
      readonly returns: readonly number[]
      readonly lengths: number
      readonly evaluations: readonly (readonly [number, number | readonly number[]])[]
      readonly training: readonly (readonly [number, number])[]
    }
  >
> = JSON.parse(readFileSync(join(LOGS, 'expected.json'), 'utf8'))

const root = mkdtempSync(join(tmpdir(), 'layergym-logs-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const file = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(root, name), content)
  return join(root, name)
}

const keys = (folder: string) => Object.keys(EXPECTED).filter(key => key.startsWith(folder))

describe('what Python wrote', () => {
  test.each(keys('sb3'))('%s: monitor files and evaluations.npz', async key => {
    const { runs } = await readSource(join(LOGS, key))
    const [{ env, tool, episodes, evaluations, doubts, steps }] = runs
    expect([runs.length, tool, env]).toEqual([1, 'Stable-Baselines3', 'CartPole-v1'])
    const returns = episodes.map(episode => episode.return).sort((a, b) => a - b)
    expect(returns).toEqual(EXPECTED[key].returns)
    expect(episodes.at(-1)?.step).toBe(EXPECTED[key].lengths)
    expect(evaluations.map(own => [own.step, own.returns])).toEqual(EXPECTED[key].evaluations)
    expect(evaluations[0].meanLength).toBeGreaterThan(5)
    expect(steps).toBe(512)
    expect(doubts).toEqual([expect.stringContaining('several environments were played at once')])
  })

  test.each(keys('board'))('%s: Stable-Baselines3’s scalars', async key => {
    const [{ tool, episodes, evaluations, smoothed }] = (await readSource(join(LOGS, key))).runs
    expect([tool, smoothed]).toEqual(['TensorBoard', true])
    expect(episodes.map(point => [point.step, point.return])).toEqual(EXPECTED[key].training)
    expect(evaluations.map(point => [point.step, point.returns[0]])).toEqual(EXPECTED[key].evaluations)
  })

  test.each(keys('cleanrl'))('%s: CleanRL’s scalars and folder', async key => {
    const [{ tool, env, agent, seed, episodes }] = (await readSource(join(LOGS, key))).runs
    expect([tool, env, agent]).toEqual(['CleanRL', 'CartPole-v1', 'dqn'])
    expect(seed).toBe(Number(/__dqn__(\d)/.exec(key)?.[1]))
    expect(episodes.map(point => [point.step, point.return])).toEqual(EXPECTED[key].training)
    expect(episodes[0].length).toBe(episodes[0].return)
  })
})

test('what our own TensorBoard writer wrote', async () => {
  const folder = join(root, 'own')
  mkdirSync(folder)
  const board = await TensorBoardWriter.create(folder, { now: () => 1000 })
  await board.scalars(2 ** 33, 1, { a: 0.5, b: 2 })
  await board.close()
  const { files } = { files: (await import('node:fs')).readdirSync(folder) }
  expect(await readScalars(join(folder, files[0]), new Set(['a']))).toEqual([
    { tag: 'a', step: 2 ** 33, value: 0.5 },
  ])
})

test('a results.csv gives the runs that it was made of', async () => {
  const runs = outcomes()
  const read = (await readSource(`ours=${file('results.csv', tidyTable(runs))}`)).runs
  expect(read).toHaveLength(runs.length)
  const { env, variant, seed, meanReturn, curve } = runs[5]
  expect(read[5]).toMatchObject({ env, agent: variant, seed, steps: 200 })
  expect(read[5].episodes).toEqual(
    curve.map(({ returns, ends, lengths }) => ({ step: ends[0], return: returns[0], length: lengths[0] })),
  )
  expect(read[5].evaluations).toEqual([{ step: 200, returns: [meanReturn], meanLength: 10 }])
})

test('a folder’s tables of something else are passed by', async () => {
  const folder = join(root, 'mixed')
  mkdirSync(folder)
  writeFileSync(join(folder, 'progress.csv'), 'time/fps,loss\n1,2\n')
  writeFileSync(join(folder, 'mine.csv'), 'env,agent,seed,step,return\nA-v0,ppo,1,5,2\n')
  const { runs } = await readSource(folder)
  expect(runs).toMatchObject([{ env: 'A-v0', agent: 'ppo', seed: 1, steps: 5 }])
})

describe('what is no log is refused, and named', () => {
  test.each([
    ['x.csv', 'env,agent\nA-v0,ppo\n', /no column 'seed'/],
    ['x.csv', 'env,agent,seed,step,return\nA-v0,ppo,1,5,\n', /x\.csv line 2: step and return are numbers/],
    ['x.csv', 'env,agent,seed,step,return\nA-v0,ppo,one,5,1\n', /seed is a number, not 'one'/],
    [
      'x.csv',
      'env,agent,seed,phase,step,return\nA-v0,ppo,1,testing,5,1\n',
      /training or evaluation, not 'testing'/,
    ],
    ['monitor.csv', 'r,l,t\n1,1,1\n', /is no monitor file: it begins with/],
    [
      'monitor.csv',
      '#{"t_start": 1, "env_id": "A-v0"}\nr,l,t\n1,many,1\n',
      /monitor\.csv line 3 is no episode/,
    ],
    ['evaluations.npz', 'no zip', /is no npz file/],
    [
      'events.out.tfevents.1',
      new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0]),
      /no TensorBoard file/,
    ],
    ['readme.txt', 'text', /holds no runs: what is read are/],
  ])('%s', async (name, content, message) => {
    await expect(readSource(file(name, content))).rejects.toThrow(message)
  })

  test('what isn’t there', async () => {
    await expect(readSource(join(root, 'nothing'))).rejects.toThrow(/there is no .*nothing/)
  })
})
