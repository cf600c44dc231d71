import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readTable } from '../../src/envs/exact/table.ts'
import { readSource } from '../../src/runner/jobs/benchmark/joined/sources.ts'
import { lines } from '../data/annotations/fixtures.ts'
import { files, type Target } from './targets.ts'

/** What Stable-Baselines3 and TensorBoard wrote themselves. */
const LOGS = fileURLToPath(new URL('../golden/imports', import.meta.url))

const SUMMARY = {
  ...{ env: 'CartPole-v1', agent: 'ppo', hash: 'x', seed: 1, steps: 10, stepsPerSecond: 5, settings: {} },
  curve: [{ returns: [1, 2], lengths: [1, 2], ends: [1, 3] }],
  evaluation: { episodes: 1, returns: [3], meanLength: 3 },
  evaluations: [{ step: 5, returns: [2], meanLength: 2 }],
}

const TABLE = {
  format: 'layergym table 1',
  choices: ['a', 'b'],
  nodes: [
    { path: [0], reward: 1, terminated: true },
    { path: [1], reward: 0, terminated: false },
    { path: [1, 0], reward: 0.5, terminated: true },
    { path: [1, 1], reward: -0.5, terminated: true },
  ],
}

/** What people compare with ours, and tables of courses. */
export function logs(): readonly Target[] {
  const sb3 = (name: string) => readFileSync(join(LOGS, 'sb3/ppo/CartPole-v1_1', name))
  const board = 'cleanrl/CartPole-v1__dqn__1__1700000001/events.out.tfevents.1700000000.host'
  return [
    files(
      'logs of other tools',
      {
        'sb3/0.monitor.csv': sb3('0.monitor.csv').toString('utf8'),
        'sb3/evaluations.npz': sb3('evaluations.npz'),
        'board/events.out.tfevents.1': readFileSync(join(LOGS, board)),
        'tidy/results.csv': lines(
          'env,agent,seed,phase,step,return,length',
          'A-v0,ppo,1,training,5,2,5',
          'A-v0,ppo,1,evaluation,5,"2",5',
        ),
      },
      ['sb3/0.monitor.csv', 'sb3/evaluations.npz', 'board/events.out.tfevents.1', 'tidy/results.csv'],
      folder => readSource(folder),
    ),
    files(
      'finished runs',
      {
        'config.json': '{"kind":"benchmark","overwrite":false}',
        'run.json': '{}',
        'summary.json': '{"agents":[{"agent":"mine","runs":[{"runDir":"mine-1"}]}]}',
        'mine-1/summary.json': JSON.stringify(SUMMARY),
      },
      ['config.json', 'summary.json', 'mine-1/summary.json'],
      folder => readSource(folder),
    ),
    files('tables of courses', { 'table.json': JSON.stringify(TABLE) }, ['table.json'], folder =>
      readTable(join(folder, 'table.json')),
    ),
  ]
}
