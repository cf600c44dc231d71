/**
 * What collect.ts kept, as the rows that tables are made of:
 *   npx tsx bench/selection/derive.ts        from runs/selection into docs/results/raw/selection.jsonl.gz
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { isUnbalanced } from '../../src/envs/finetune/score.ts'
import { crossValidated, type Gram, leading, linearHead } from './linear-head.ts'
import { type Answers, correct, picked, type Quantity, quantities, trueProbability } from './quantities.ts'
import type { HeadRow, PairRow, Row, RunRow } from './rows.ts'
import { SETTINGS } from './settings.ts'
import { shareRows } from './shares.ts'

interface RawPair {
  readonly data: string
  readonly network: string
  readonly classes: number
  readonly labels: Record<'train' | 'probe' | 'reward' | 'test', readonly number[]>
  readonly groups: Record<'train' | 'probe' | 'reward' | 'test', readonly string[]>
}

interface RawRun {
  readonly data: string
  readonly network: string
  readonly setting: string
  readonly rounds: readonly { readonly reward: string; readonly test: string }[]
}

const RAW = 'runs/selection'
const ROUNDS = 5
const L2 = [1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 1] as const
/** For backbones that were trained: one, for time's sake. */
const L2_OF_RUNS = 1e-2
const FOLDS = 5

const raw: (RawPair | RawRun)[] = readFileSync(`${RAW}/raw.jsonl`, 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))
const rows: Row[] = []
for (const pair of raw) {
  if (!('labels' in pair)) continue
  const runs = raw.filter(
    (row): row is RawRun =>
      'setting' in row &&
      row.data === pair.data &&
      row.network === pair.network &&
      SETTINGS.some(({ name }) => name === row.setting),
  )
  rows.push(...derived(pair, runs))
  console.log(pair.data, pair.network, runs.length)
}
mkdirSync('docs/results/raw', { recursive: true })
const lines = rows.map(row =>
  JSON.stringify(row, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(5)) : value)),
)
writeFileSync('docs/results/raw/selection.jsonl.gz', gzipSync(`${lines.join('\n')}\n`, { level: 9 }))

function derived(pair: RawPair, runs: readonly RawRun[]): Row[] {
  const { data, network, classes, labels, groups } = pair
  const balanced = isUnbalanced([...labels.train, ...labels.probe, ...labels.reward], classes)
  const all = quantities(balanced)
  const score = all.accuracy
  const size = (of: Record<'train' | 'reward' | 'test', readonly unknown[]>) =>
    ({ train: of.train.length, reward: of.reward.length, test: of.test.length }) as const
  const recordings = Object.fromEntries(
    Object.entries(groups).map(([name, list]) => [name, [...new Set(list)]]),
  ) as unknown as RawPair['groups']
  const halfOf = new Map(recordings.test.map((recording, i) => [recording, i % 2]))
  const halfOfTest = groups.test.map(recording => halfOf.get(recording) ?? 0)
  const row: PairRow = {
    kind: 'pair',
    data,
    network,
    balanced,
    clips: size(labels),
    recordings: size(recordings),
    labels: { reward: labels.reward, test: labels.test },
    halfOfTest,
  }
  const halves = [0, 1].map(half => halfOfTest.flatMap((own, i) => (own === half ? [i] : [])))
  const runRows = runs.map((run): RunRow => {
    const rounds = run.rounds.map(round => {
      const reward = answers(round.reward, labels.reward, classes)
      const test = answers(round.test, labels.test, classes)
      return {
        quantities: Object.fromEntries(Object.entries(all).map(([name, of]) => [name, of(reward)])),
        test: score(test),
        halves: [score(picked(test, halves[0])), score(picked(test, halves[1]))] as const,
      }
    })
    const last = run.rounds.at(-1)
    return {
      kind: 'run',
      data,
      network,
      setting: run.setting,
      rounds,
      diverged: run.rounds.length < ROUNDS,
      answers: {
        reward: last === undefined ? '' : bytes(answers(last.reward, labels.reward, classes)),
        test: last === undefined ? '' : bytes(answers(last.test, labels.test, classes)),
      },
    }
  })
  return process.argv.includes('--quick')
    ? [row, ...runRows]
    : [row, ...runRows, ...heads(pair, runRows, all), ...shares(pair, all)]
}

/** What the share of the reward split costs and brings, for probes. */
function shares(pair: RawPair, all: Readonly<Record<string, Quantity>>): Row[] {
  const { data, network, classes, labels, groups } = pair
  const own = {
    labels: [...labels.train, ...labels.probe, ...labels.reward],
    recordings: [...groups.train, ...groups.probe, ...groups.reward],
  }
  const gram = gramOf(pair, 'frozen', own.labels.length + labels.test.length)
  const judge = { choose: all['half accuracy, half probability'], score: all.accuracy }
  return gram === undefined
    ? []
    : shareRows(gram, own, labels.test, classes, judge).map(row => ({ kind: 'share', data, network, ...row }))
}

/** Linear heads on what entered the heads of these runs, and on the pretrained features. */
function heads(pair: RawPair, runs: readonly RunRow[], all: Readonly<Record<string, Quantity>>): HeadRow[] {
  const { data, network, classes, labels, groups } = pair
  const own = [...labels.train, ...labels.probe, ...labels.reward]
  const recordings = [...groups.train, ...groups.probe, ...groups.reward]
  const train = labels.train.map((_, i) => i)
  const reward = labels.reward.map((_, i) => labels.train.length + labels.probe.length + i)
  const both = (of: Answers) => [all['half accuracy, half probability'](of), all.accuracy(of)] as const
  const measured = (gram: Gram, l2: number) => {
    const validated = crossValidated(leading(gram, own.length), own, recordings, {
      folds: FOLDS,
      classes,
      l2,
    })
    return { crossValidated: both({ logs: validated, labels: own }) }
  }
  const rows: HeadRow[] = []
  const frozen = gramOf(pair, 'frozen', own.length + labels.test.length)
  if (frozen === undefined) return rows
  for (const l2 of L2) {
    const logs = linearHead(frozen, [...own, ...labels.test], train, classes, l2)
    const test = { logs: logs.slice(own.length), labels: labels.test }
    const common = { kind: 'head', data, network, backbone: 'frozen', l2 } as const
    const byReward = both(picked({ logs, labels: [...own, ...labels.test] }, reward))
    rows.push({ ...common, reward: byReward, ...measured(frozen, l2), test: all.accuracy(test) })
  }
  for (const run of runs) {
    const gram = gramOf(pair, run.setting, own.length)
    const last = run.rounds.at(-1)
    if (gram === undefined || last === undefined) continue
    const common = { kind: 'head', data, network, backbone: run.setting, l2: L2_OF_RUNS } as const
    const byReward = [last.quantities['half accuracy, half probability'], last.quantities.accuracy] as const
    rows.push({ ...common, reward: byReward, ...measured(gram, L2_OF_RUNS), test: last.test })
  }
  return rows
}

function gramOf({ data, network }: RawPair, name: string, size: number): Gram | undefined {
  const file = `${RAW}/gram/${[data, network, name].join('-')}.f32`
  if (!existsSync(file)) return undefined
  const values = new Float32Array(Uint8Array.from(readFileSync(file)).buffer)
  if (values.length !== size * size || !values.every(Number.isFinite)) return undefined
  return { size, values }
}

/** From thousandths of nats. */
function answers(packed: string, labels: readonly number[], classes: number): Answers {
  const values = new Uint16Array(Uint8Array.from(Buffer.from(packed, 'base64')).buffer)
  const logs = labels.map((_, i) =>
    Float64Array.from(values.subarray(i * classes, (i + 1) * classes), x => -x / 1000),
  )
  return { logs, labels }
}

function bytes(of: Answers): string {
  const codes = of.labels.map((_, i) => 128 * correct(of, i) + Math.round(127 * trueProbability(of, i)))
  return Buffer.from(codes).toString('base64')
}
