import { join } from 'node:path'
import type { Table } from '../../../envs/exact/table.ts'
import type { Facts } from '../../runs/job.ts'
import { roundStepsOf, type WholeTabulateConfig } from './config.ts'
import { Courses } from './courses.ts'
import type { Part } from './tree.ts'

/** What `layergym tabulate` answers; in its folder's summary.json too. */
export interface TabulateSummary {
  readonly runDir: string
  /** SHA-256 over every round's figures and every run's weights. */
  readonly hash: string
  /** What counts, by the task's name for it. */
  readonly metric: string
  readonly choices: Readonly<Record<string, readonly number[]>>
  readonly depth: number
  /** Training steps of a round. */
  readonly roundSteps: number
  /** Rounds that the tree has, and runs: whole courses. */
  readonly rounds: number
  readonly runs: number
  /** FLOPs of all rounds, each counted once. */
  readonly flops: number
  /** The highest returns, best first. */
  readonly best: readonly Course[]
  /** What a first choice can come to. */
  readonly first: readonly FirstChoice[]
  /** Ways to choose, the best possible first. */
  readonly players: readonly Player[]
  /** What `layergym/Table-v0` takes. */
  readonly table: string
}

export interface Course {
  readonly choices: readonly string[]
  readonly return: number
  /** At its best moment, on the reward split. */
  readonly score: number
  readonly test: { readonly primary: number; readonly loss: number }
}

export interface FirstChoice {
  readonly choice: string
  /** Of the round itself. */
  readonly reward: number
  /** With the best choices after it; and with random ones, in the mean. */
  readonly best: number
  readonly mean: number
}

/** Test figures of what it comes to, in the mean where it draws. */
export interface Player {
  readonly name: string
  readonly return: number
  /** How far that is below the best return. */
  readonly regret: number
  readonly test: { readonly primary: number; readonly loss: number }
}

export interface TabulateOutcomes {
  readonly config: WholeTabulateConfig
  readonly metric: string
  readonly tree: Part
}

const BEST = 10

export function summarizeTree(
  { config, metric, tree }: TabulateOutcomes,
  { runDir, hash }: Facts,
): TabulateSummary {
  const { choices, depth } = config
  const names = Object.keys(choices)
  const courses = new Courses(tree, names.length)
  const whole = tree.ends
    .map(({ path, score, test }) => {
      const chosen = path.map(choice => names[choice])
      return { path, choices: chosen, return: courses.return(path), score, test }
    })
    .sort((a, b) => b.return - a.return)
  return {
    ...{ runDir, hash, metric, choices, depth },
    roundSteps: roundStepsOf(config),
    rounds: tree.nodes.length,
    runs: whole.length,
    flops: flopsOf(tree, courses),
    best: whole.slice(0, BEST).map(({ path: _, ...course }) => course),
    first: names.map((choice, i) => ({
      choice,
      reward: courses.node([i]).reward,
      best: courses.best([i]),
      mean: courses.mean([i], path => courses.return(path)),
    })),
    players: playersOf(courses, names, whole[0].path),
    table: join(runDir, 'table.json'),
  }
}

/** What is replayed: no figure of the test split. */
export function tableOf({ config, tree }: TabulateOutcomes): Table {
  const nodes = tree.nodes.map(({ path, reward, terminated }) => ({ path: [...path], reward, terminated }))
  return { format: 'layergym table 1', choices: Object.keys(config.choices), nodes }
}

function flopsOf({ nodes }: Part, courses: Courses): number {
  return nodes.reduce((sum, { path, flops }) => {
    const before = path.length === 1 ? 0 : courses.node(path.slice(0, -1)).flops
    return sum + flops - before
  }, 0)
}

/** The best possible, whoever takes what pays most at once, those that always choose the same, and chance. */
function playersOf(courses: Courses, names: readonly string[], best: readonly number[]): readonly Player[] {
  const most = courses.return(best)
  const player = (name: string, path: readonly number[]): Player => {
    const sum = courses.return(path)
    return { name, return: sum, regret: most - sum, test: courses.end(path).test }
  }
  const chance = courses.mean([], path => courses.return(path))
  const [primary, loss] = (['primary', 'loss'] as const).map(key =>
    courses.mean([], path => courses.end(path).test[key]),
  )
  return [
    player('best possible', best),
    player(
      'greedy',
      courses.follow(path => courses.node(path).reward),
    ),
    ...names.map((name, i) =>
      player(
        `always ${name}`,
        courses.follow(path => (path.at(-1) === i ? 1 : 0)),
      ),
    ),
    { name: 'at random', return: chance, regret: most - chance, test: { primary, loss } },
  ]
}
