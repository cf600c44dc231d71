import { inputError } from '../common/error.ts'
import { Rng } from '../common/random.ts'
import type { Clip, Dataset, Splits } from './dataset.ts'
import { annotatedStratum } from './strata.ts'

/** Shares wanted; groups and small classes may shift them. */
export interface SplitFractions {
  /** Of all clips, where the manifest names no test clips. */
  readonly test?: number
  /** Of the clips outside test. */
  readonly reward?: number
  readonly probe?: number
}

export interface SplitOptions {
  readonly seed: number
  readonly fractions?: SplitFractions
  /**
   * What is spread evenly over the splits; default: labels, or what annotations hold where there are none. Where all clips
   * are of one stratum nothing is.
   */
  readonly stratum?: (clip: Clip) => string
}

export interface SplitResult {
  readonly splits: Splits
  /** For people, before training starts. */
  readonly warnings: readonly string[]
}

type SplitName = keyof Splits

/** Clips that stay together: those of one recording, or one clip without a group. */
interface Unit {
  readonly clips: readonly Clip[]
}

const FRACTIONS = { test: 0.22, reward: 0.22, probe: 0.1 }
/** Statistics of a probe batch need some clips and gain little from many. */
const PROBE = { least: 8, most: 32 }

/**
 * Divides a dataset into train, probe, reward and test: stratified by label, groups kept whole, the same for the same
 * seed. What the manifest says stands; its train clips and those without a split are divided further. Every class is
 * in train and in reward where its groups allow it.
 * @throws LayergymError `split.group-straddles` when the manifest puts a group on two sides, `split.too-few` when
 * a class or a split would be left without clips.
 */
export function splitDataset(dataset: Dataset, { stratum: given, ...options }: SplitOptions): SplitResult {
  const stratum = given ?? (dataset.classes.length > 0 ? undefined : annotatedStratum(dataset))
  if (stratum === undefined) return splitByLabel(dataset, options)
  const own = new Map(dataset.clips.map(clip => [clip.id, clip]))
  const clips = dataset.clips.map(clip => ({ ...clip, label: stratum(clip) }))
  const classes = [...new Set(clips.map(({ label }) => label))].sort()
  const { splits, warnings } = splitByLabel({ ...dataset, classes, clips }, options)
  const of = (split: SplitName) => splits[split].flatMap(({ id }) => own.get(id) ?? [])
  const named = { train: of('train'), probe: of('probe'), reward: of('reward'), test: of('test') }
  return { splits: named, warnings }
}

function splitByLabel(
  dataset: Dataset,
  { seed, fractions = {} }: Omit<SplitOptions, 'stratum'>,
): SplitResult {
  const wanted = { ...FRACTIONS, ...fractions }
  const warnings: string[] = []
  const splits: Record<SplitName, Unit[]> = { train: [], probe: [], reward: [], test: [] }
  const pool: Unit[] = []
  for (const unit of unitsOf(dataset)) {
    const named = namedSplit(unit)
    if (named === undefined || named === 'train') pool.push(unit)
    else splits[named].push(unit)
  }
  const named = new Set(Object.keys(splits).filter(name => splits[name as SplitName].length > 0))
  const carveTest = splits.test.length === 0
  const carveReward = splits.reward.length === 0
  checkClasses(dataset, clipsOf(pool), 1 + Number(carveReward) + Number(carveTest))

  let rest = Rng.of(seed, 'split').shuffle(pool)
  const carve = (
    name: SplitName,
    targets: ReadonlyMap<string, number>,
    keep: number,
    everyClass: boolean,
  ) => {
    const chosen = choose(rest, targets, keep, everyClass)
    splits[name].push(...chosen)
    rest = rest.filter(unit => !chosen.has(unit))
  }
  if (carveTest) {
    if (dataset.clips.some(clip => clip.split !== undefined))
      warnings.push('The manifest names no test clips: some of the others were set aside.')
    carve('test', share(rest, wanted.test), 1 + Number(carveReward), true)
  }
  const outsideTest = count(rest) + count(splits.reward) + count(splits.probe)
  if (carveReward) carve('reward', share(rest, wanted.reward), 1, true)
  if (splits.probe.length === 0) {
    const size = Math.min(Math.max(wanted.probe * outsideTest, PROBE.least), PROBE.most, count(rest) / 3)
    carve('probe', share(rest, size / count(rest)), 1, false)
  }
  splits.train.push(...rest)

  const order = new Map(dataset.clips.map((clip, i) => [clip, i]))
  const sorted = (units: readonly Unit[]) =>
    clipsOf(units).sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
  const result: Splits = {
    train: sorted(splits.train),
    probe: sorted(splits.probe),
    reward: sorted(splits.reward),
    test: sorted(splits.test),
  }
  checkResult(result, dataset, pool, [
    'train',
    ...(carveReward ? ['reward'] : []),
    ...(named.has('probe') ? [] : ['probe']),
    ...(carveTest ? ['test'] : []),
  ])
  return { splits: result, warnings: [...warnings, ...warningsAbout(result, dataset)] }
}

function unitsOf({ clips }: Dataset): Unit[] {
  const groups = new Map<string, Clip[]>()
  for (const clip of clips) {
    // Pieces of one file are of one recording, whatever the manifest says about groups.
    const key = clip.group === undefined ? `file ${clip.path}` : `group ${clip.group}`
    const unit = groups.get(key)
    if (unit === undefined) groups.set(key, [clip])
    else unit.push(clip)
  }
  return [...groups.values()].map(members => ({ clips: members }))
}

function namedSplit({ clips }: Unit): SplitName | undefined {
  const names = [...new Set(clips.map(clip => clip.split).filter(split => split !== undefined))]
  if (names.length < 2) return names.at(0)
  const { group, path } = clips[0]
  const what = group === undefined ? `pieces of ${path}` : `clips of group '${group}'`
  throw inputError(
    'split.group-straddles',
    `the manifest puts ${what} into ${names.join(' and ')}: clips of one recording must stay in one split (or name another group column)`,
  )
}

/**
 * Greedy: takes a unit, in the given order and large ones first, when the classes come nearer to their targets.
 * @param keep clips' units that must remain for each class, where it has more.
 * @param everyClass whether each class must be among those chosen, where `keep` allows it.
 */
function choose(
  units: readonly Unit[],
  targets: ReadonlyMap<string, number>,
  keep: number,
  everyClass: boolean,
): Set<Unit> {
  const chosen = new Set<Unit>()
  const counts = new Map<string, number>()
  const left = new Map<string, number>() // units that hold a class and are not chosen
  for (const unit of units) for (const label of labelsOf(unit)) add(left, label, 1)
  const spare = (unit: Unit) => labelsOf(unit).every(label => (left.get(label) ?? 0) > keep)
  const take = (unit: Unit) => {
    chosen.add(unit)
    for (const clip of unit.clips) add(counts, clip.label, 1)
    for (const label of labelsOf(unit)) add(left, label, -1)
  }
  const largestFirst = [...units].sort((a, b) => b.clips.length - a.clips.length)
  for (const unit of largestFirst) if (spare(unit) && improves(unit, counts, targets)) take(unit)
  const smallestFirst = [...units].sort((a, b) => a.clips.length - b.clips.length)
  for (const label of everyClass ? targets.keys() : []) {
    if (counts.has(label)) continue
    const unit = smallestFirst.find(u => !chosen.has(u) && labelsOf(u).includes(label) && spare(u))
    if (unit !== undefined) take(unit)
  }
  if (chosen.size === 0) {
    const unit = smallestFirst.find(spare)
    if (unit !== undefined) take(unit)
  }
  return chosen
}

/** Whether taking the unit brings the counts nearer to their targets, in squares. */
function improves(
  unit: Unit,
  counts: ReadonlyMap<string, number>,
  targets: ReadonlyMap<string, number>,
): boolean {
  const added = countsOf(unit.clips)
  let change = 0
  for (const [label, n] of added) {
    const missing = (targets.get(label) ?? 0) - (counts.get(label) ?? 0)
    change += (missing - n) ** 2 - missing ** 2
  }
  return change < 0
}

function share(units: readonly Unit[], fraction: number): Map<string, number> {
  return new Map([...countsOf(clipsOf(units))].map(([label, n]) => [label, n * fraction]))
}

function checkClasses({ classes }: Dataset, pool: readonly Clip[], least: number): void {
  const counts = countsOf(pool)
  const scarce = classes.filter(label => (counts.get(label) ?? 0) < least)
  if (scarce.length === 0) return
  const named = scarce.map(label => `'${label}' has ${counts.get(label) ?? 0}`).join(', ')
  const needed =
    classes.length === 1
      ? `at least ${least} are needed outside the splits that the manifest names, and there are ${pool.length}`
      : `each class needs at least ${least} outside the splits that the manifest names, and ${named}`
  throw inputError('split.too-few', `too few clips to divide: ${needed}`)
}

/** @param divided the splits that the files leave to us, among which `pool` was divided */
function checkResult(
  splits: Splits,
  { classes, hasGroups }: Dataset,
  pool: readonly Unit[],
  divided: readonly string[],
): void {
  const empty = (['train', 'probe', 'reward', 'test'] as const).filter(name => splits[name].length === 0)
  if (empty.length === 0) return
  const unit = hasGroups ? 'recordings (groups)' : 'clips'
  const holders = classes.map(label => pool.filter(({ clips }) => clips.some(clip => clip.label === label)))
  const fewest = holders.reduce((least, own, i) => (own.length < holders[least].length ? i : least), 0)
  const names = holders[fewest].flatMap(({ clips }) => clips[0].group ?? [])
  const listed = names.length === 0 || names.length > 4 ? '' : ` (${names.join(', ')})`
  const ofEach = classes.length === 1 ? '' : ' of each class'
  const scarce = classes.length === 1 ? 'there are' : `'${classes[fewest]}' has`
  const mend = hasGroups
    ? 'give clips of other recordings, or name a column of stretches of a recording (--group-column), and say with the scores that parts of one recording were on both sides'
    : 'give more clips'
  throw inputError(
    'split.too-few',
    `nothing is left for ${empty.join(', ')}: ${divided.join(', ')} need at least ${divided.length} ${unit}${ofEach}, and ${scarce} ${holders[fewest].length}${listed} to divide; ${mend}`,
  )
}

function warningsAbout(splits: Splits, { classes, hasGroups }: Dataset): string[] {
  const warnings: string[] = []
  if (!hasGroups)
    warnings.push(
      'Nothing says which clips are of one recording: parts of one may be on both sides of a split, and scores too high. Name the column with --group-column.',
    )
  for (const name of ['train', 'reward', 'test'] as const) {
    const present = new Set(splits[name].map(clip => clip.label))
    const absent = classes.filter(label => !present.has(label))
    if (absent.length > 0) warnings.push(`No clip of ${absent.join(', ')} is in the ${name} split.`)
  }
  return warnings
}

function labelsOf(unit: Unit): string[] {
  return [...countsOf(unit.clips).keys()]
}

function countsOf(clips: readonly Clip[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { label } of clips) add(counts, label, 1)
  return counts
}

function clipsOf(units: readonly Unit[]): Clip[] {
  return units.flatMap(unit => unit.clips)
}

function count(units: readonly Unit[]): number {
  return units.reduce((sum, unit) => sum + unit.clips.length, 0)
}

function add(counts: Map<string, number>, label: string, n: number): void {
  counts.set(label, (counts.get(label) ?? 0) + n)
}
