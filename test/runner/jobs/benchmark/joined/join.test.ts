import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parquetReadObjects } from 'hyparquet'
import { afterAll, describe, expect, test } from 'vitest'
import {
  comparable,
  type JoinOptions,
  summarized,
} from '../../../../../src/runner/jobs/benchmark/joined/join.ts'
import { report, reportWords } from '../../../../../src/runner/jobs/benchmark/joined/report.ts'
import type { LoggedRun } from '../../../../../src/runner/jobs/benchmark/joined/run.ts'
import type { Source } from '../../../../../src/runner/jobs/benchmark/joined/sources.ts'
import { tidyTable } from '../../../../../src/runner/jobs/benchmark/table.ts'
import { outcomes } from '../../../../support/benchmark.ts'

const LOGS = fileURLToPath(new URL('../../../../golden/imports', import.meta.url))
const root = mkdtempSync(join(tmpdir(), 'layergym-joined-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const OPTIONS = { scores: 'references' as const, references: {} }
const joined = (sources: readonly Source[], options: JoinOptions) =>
  summarized(comparable(sources, options), '/out')

const run = (values: Partial<LoggedRun> = {}): LoggedRun => ({
  ...{ tool: 'table', source: '/logs/run', env: 'CartPole-v1', agent: 'ppo', seed: 1, steps: 100 },
  episodes: [
    { step: 30, return: 30, length: 30 },
    { step: 90, return: 60, length: 60 },
  ],
  evaluations: [{ step: 100, returns: [90, 110] }],
  doubts: [],
  ...values,
})
const rowsOf = (path: string) => parquetReadObjects({ file: new Uint8Array(readFileSync(path)).buffer })
const sources = (...runs: readonly LoggedRun[]) => [{ path: '/logs', runs }]

describe('what all are compared by', () => {
  test('evaluations where every run has one, else training episodes', () => {
    const both = [run(), run({ agent: 'dqn', evaluations: [{ step: 100, returns: [50] }] })]
    const evaluated = joined(sources(...both), OPTIONS)
    expect(evaluated).toMatchObject({
      agents: [
        { agent: 'ppo', mean: 100 },
        { agent: 'dqn', mean: 50 },
      ],
    })
    const trained = joined(sources(both[0], run({ agent: 'dqn', evaluations: [] })), OPTIONS)
    expect(trained).toMatchObject({ agents: [{ mean: 45 }, { mean: 45 }] })
    expect(trained.joined.measured).toContain('last 100 training episodes')
    expect(evaluated.hash).not.toBe(trained.hash)
  })

  test('the steps that all have, or that are asked for', () => {
    const long = run({
      agent: 'dqn',
      steps: 200,
      evaluations: [100, 200].map(step => ({ step, returns: [step] })),
    })
    const short = joined(sources(run(), long), OPTIONS)
    expect(short).toMatchObject({ steps: 100, agents: [{ mean: 100 }, { mean: 100 }] })
    expect(short.joined.notes).toContain('compared up to 100 steps; 1 run goes on, to 200 at most')
    const asked = joined(sources(run(), long), { ...OPTIONS, steps: 200 })
    expect(asked).toMatchObject({ agents: [{ mean: 100 }, { mean: 200 }] })
    expect(asked.joined.notes).toEqual(
      expect.arrayContaining([
        '1 run ends before the 200 steps of the comparison',
        'ppo: its last evaluation is at 100 steps',
      ]),
    )
  })

  test('the last evaluation of a run that ended with a whole rollout, a little later than others', () => {
    const later = (step: number) =>
      run({ agent: 'dqn', steps: step, evaluations: [{ step, returns: [step] }] })
    expect(joined(sources(run(), later(102)), OPTIONS)).toMatchObject({
      agents: [{ mean: 100 }, { mean: 102 }],
    })
    const training = joined(sources(run(), later(104)), OPTIONS)
    expect(training.joined.measured).toContain('last 100 training episodes')
  })

  test('nothing that all have is refused', () => {
    const empty = run({ agent: 'dqn', episodes: [], source: '/logs/empty' })
    const unjudged = run({ evaluations: [] })
    expect(() => joined(sources(unjudged, empty), OPTIONS)).toThrow(/\/logs\/empty has no training episode/)
  })
})

test('an environment of one’s own is solved from where a run of it says, whoever comes first', () => {
  const mine = { env: 'mine/Corridor-v0' }
  const foreign = run({ ...mine, tool: 'Stable-Baselines3', agent: 'ppo' })
  const own = run({ ...mine, tool: 'layergym', agent: 'ppo', rewardThreshold: 95 })
  expect(joined(sources(foreign, own), OPTIONS)).toMatchObject({
    rewardThreshold: 95,
    agents: [{ solved: 1 }, { solved: 1 }],
  })
  const several = sources(foreign, own, run(), run({ tool: 'Stable-Baselines3' }))
  const options = { ...OPTIONS, references: { 'mine/Corridor-v0': { lower: 0 } } }
  expect(joined(several, options)).toMatchObject({
    environments: [{ env: 'mine/Corridor-v0', reference: { upper: { value: 95 } } }, { env: 'CartPole-v1' }],
  })
})

describe('who is who', () => {
  const names = (...all: readonly LoggedRun[]) =>
    joined(sources(...all), OPTIONS).joined.contenders.map(({ agent, env, seeds }) => [agent, env, seeds])
  const bare = { env: undefined, agent: undefined, seed: undefined }

  test('by folders, as RL Baselines3 Zoo and TensorBoard name them; other tools’ names have the tool before them', () => {
    const zoo = run({ ...bare, tool: 'Stable-Baselines3', source: '/logs/ppo/CartPole-v1_3' })
    const board = run({ ...bare, env: 'CartPole-v1', tool: 'TensorBoard', source: '/logs/PPO_2' })
    expect(names(zoo, board, run())).toEqual([
      ['Stable-Baselines3 ppo', 'CartPole-v1', [3]],
      ['TensorBoard PPO', 'CartPole-v1', [2]],
      ['ppo', 'CartPole-v1', [1]],
    ])
  })

  test('runs without a seed are counted, and that is said', () => {
    const plain = run({
      ...bare,
      env: 'layergym/CartPole-v1',
      source: '/logs/mine',
      tool: 'Stable-Baselines3',
    })
    const both = [plain, { ...plain, source: '/other/mine' }]
    expect(names(...both)).toEqual([['Stable-Baselines3 mine', 'CartPole-v1', [1, 2]]])
    expect(joined(sources(...both), OPTIONS).joined.notes).toContain(
      'Stable-Baselines3 mine: its seed is not known: runs are counted (2 runs)',
    )
  })

  test('an unknown environment and two runs of one seed are refused', () => {
    const unknown = run({ ...bare, source: '/logs/mine' })
    expect(() => names(unknown)).toThrow(/\/logs\/mine doesn't say what environment.*--env ID/)
    expect(joined(sources(unknown), { ...OPTIONS, env: 'CartPole-v1' })).toMatchObject({ env: 'CartPole-v1' })
    expect(() => names(run(), run({ source: '/else' }))).toThrow(
      /two runs in CartPole-v1 with seed 1.*NAME=PATH/,
    )
  })
})

test('Stable-Baselines3’s, CleanRL’s and our runs in one report', async () => {
  const table = join(root, 'results.csv')
  writeFileSync(table, tidyTable(outcomes().filter(({ env }) => env === 'CartPole-v1')))
  const out = join(root, 'report')
  const values = { from: [`zoo=${join(LOGS, 'sb3')}`, join(LOGS, 'cleanrl'), table], out, overwrite: false }
  const summary = await report({ ...OPTIONS, ...values })
  expect(summary.joined.contenders.map(({ agent, tool, seeds }) => [agent, tool, seeds])).toEqual([
    ['zoo', 'Stable-Baselines3', [1, 2]],
    ['CleanRL dqn', 'CleanRL', [1, 2]],
    ['ppo', 'table', [0, 1, 2, 3]],
    ['dqn', 'table', [0, 1, 2, 3]],
    ['random', 'table', [0, 1, 2, 3]],
  ])
  expect(summary.seeds).toEqual([0, 1, 2, 3])
  const page = readFileSync(join(out, 'report.html'), 'utf8')
  for (const text of ['Where the runs come from', 'last 100 training episodes', 'is taken from their names'])
    expect(page).toContain(text)
  expect(page).not.toMatch(/NaN|not finite|undefined|[Gg]reedy/)
  expect(reportWords(summary)).toContain('note: ')
  const episodes = await rowsOf(join(out, 'episodes.parquet'))
  const of = (variant: string) => episodes.filter(row => row.variant === variant)
  expect(of('zoo').length).toBeGreaterThan(0)
  expect(of('ppo').every(({ length }) => length === 10n)).toBe(true)
  await expect(report({ ...OPTIONS, ...values })).rejects.toThrow(/has a report already/)
  await report({ ...OPTIONS, ...values, overwrite: true })
})

test('its tables are a benchmark’s: what a log doesn’t say is empty, and they can be compared again', async () => {
  const folder = join(root, 'tables')
  mkdirSync(folder)
  const table = join(folder, 'published.csv')
  writeFileSync(
    table,
    'env,agent,seed,step,return,length\nChain-v0,mine,1,40,0.5,\nChain-v0,mine,1,89.6,0.7,49.6\n',
  )
  const out = join(root, 'first')
  const { hash } = await report({ ...OPTIONS, from: [table], out, overwrite: false })
  const episodes = await rowsOf(join(out, 'episodes.parquet'))
  expect(episodes.map(({ step, length }) => [step, length])).toEqual([
    [40n, null],
    [90n, 50n],
  ])
  expect(readFileSync(join(out, 'results.csv'), 'utf8').split('\n').slice(1)).toEqual([
    'Chain-v0,mine,mine,1,training,40,0.5,',
    'Chain-v0,mine,mine,1,training,89.6,0.7,49.6',
    '',
  ])
  const again = await report({ ...OPTIONS, from: [out], out: join(root, 'again'), overwrite: false })
  expect(again.hash).toBe(hash)
})

test('several environments are a matrix, on the scale that is asked for', async () => {
  const table = join(root, 'matrix.csv')
  writeFileSync(table, tidyTable(outcomes()))
  const values = { from: [table], out: join(root, 'matrix'), overwrite: false }
  const summary = await report({ ...OPTIONS, ...values })
  if (!('environments' in summary)) throw new Error('of one environment')
  expect(summary.aggregates[0].mean.value).toBeCloseTo(1, 6)
  expect(readFileSync(join(root, 'matrix', 'report.html'), 'utf8')).not.toMatch(/[Gg]reedy/)
})

test('a run’s folder keeps its report', async () => {
  const folder = join(root, 'run')
  mkdirSync(folder)
  writeFileSync(join(folder, 'config.json'), '{}')
  const values = { from: [LOGS], out: folder, overwrite: true }
  await expect(report({ ...OPTIONS, ...values })).rejects.toThrow(/is a run's folder/)
  expect(existsSync(join(folder, 'report.html'))).toBe(false)
})
