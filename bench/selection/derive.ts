/**
 * What collect.ts kept, as the rows that tables are made of:
 *   npx tsx bench/selection/derive.ts        from runs/selection into docs/results/raw/selection.jsonl.gz
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { isUnbalanced } from '../../src/models/tasks/metrics.ts'
import type { Gram } from './linear-head.ts'
import { type Clips, probeRows, validatedBy } from './probes.ts'
import { type Answers, correct, picked, type Quantity, quantities, trueProbability } from './quantities.ts'
import type { HeadRow, PairRow, Row, RunRow } from './rows.ts'
import { SETTINGS } from './settings.ts'

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
/** For backbones that were trained: one, for time's sake. */
const L2_OF_RUNS = 1e-2

const raw: (RawPair | RawRun)[] = readFileSync(`${RAW}/raw.jsonl`, 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))
const pairs = raw.filter((row): row is RawPair => 'labels' in row)
const rows: Row[] = []
for (const pair of pairs) rows.push(...runsOf(pair))
// Heads take minutes: the rest can be looked at meanwhile.
save(rows)
for (const pair of pairs) rows.push(...headsOf(pair, rows.filter(isRunOf(pair))))
save(rows)

function save(all: readonly Row[]): void {
  mkdirSync('docs/results/raw', { recursive: true })
  const rounded = (_: string, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(5)) : value
  const lines = all.map(row => JSON.stringify(row, rounded))
  writeFileSync('docs/results/raw/selection.jsonl.gz', gzipSync(`${lines.join('\n')}\n`, { level: 9 }))
}

function isRunOf({ data, network }: RawPair) {
  return (row: Row): row is RunRow => row.kind === 'run' && row.data === data && row.network === network
}

function runsOf(pair: RawPair): Row[] {
  const { data, network, classes, labels, groups } = pair
  const runs = raw.filter(
    (row): row is RawRun =>
      'setting' in row &&
      row.data === data &&
      row.network === network &&
      SETTINGS.some(({ name }) => name === row.setting),
  )
  const all = quantitiesOf(pair)
  const balanced = isUnbalancedPair(pair)
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
    classes,
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
  return [row, ...runRows]
}

function isUnbalancedPair({ labels, classes }: RawPair): boolean {
  return isUnbalanced([...labels.train, ...labels.probe, ...labels.reward], classes)
}

function quantitiesOf(pair: RawPair): Readonly<Record<string, Quantity>> {
  return quantities(isUnbalancedPair(pair))
}

/** Linear heads on what entered the heads of these runs, and on the pretrained features. */
function headsOf(pair: RawPair, runs: readonly RunRow[]): Row[] {
  const { data, network, classes } = pair
  const all = quantitiesOf(pair)
  const inOrder = <T>(of: Record<'train' | 'probe' | 'reward' | 'test', readonly T[]>) =>
    (['train', 'probe', 'reward', 'test'] as const).flatMap(name => of[name])
  const clips: Clips = {
    labels: inOrder(pair.labels),
    recordings: inOrder(pair.groups),
    reward: pair.labels.reward.length,
    test: pair.labels.test.length,
    classes,
  }
  const judge = { choose: all['half accuracy, half probability'], score: all.accuracy }
  const frozen = gramOf(pair, 'frozen', clips.labels.length)
  if (frozen === undefined) throw new Error(`no features of ${data}, ${network}`)
  const probes = probeRows(frozen, clips, judge)
  const trained = runs.flatMap(({ setting, rounds }): HeadRow[] => {
    const gram = gramOf(pair, setting, clips.labels.length - clips.test)
    const last = rounds.at(-1)
    if (gram === undefined || last === undefined) return []
    const reward = [last.quantities['half accuracy, half probability'], last.quantities.accuracy] as const
    const validated = validatedBy(gram, clips, judge, L2_OF_RUNS)
    const common = { kind: 'head', data, network, backbone: setting, l2: L2_OF_RUNS } as const
    return [{ ...common, reward, crossValidated: validated, test: last.test }]
  })
  return [
    ...probes.heads.map(head => ({ kind: 'head', data, network, ...head }) as const),
    ...probes.shares.map(share => ({ kind: 'share', data, network, ...share }) as const),
    ...trained,
  ]
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
