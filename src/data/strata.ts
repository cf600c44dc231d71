import type { Clip, Dataset } from './dataset.ts'

/** What a stratum of clips that hold nothing is called. */
const NOTHING = 'nothing'
/** Recordings that a stratum needs for one to be in each split. */
const LEAST = 4

/**
 * What to spread evenly over splits where clips have annotations: of boxes the rarest class that a clip holds, of a mask
 * the class of most pixels, of segments the one that lasts longest. Strata of too few recordings join the most common one.
 */
export function annotatedStratum(dataset: Dataset): (clip: Clip) => string {
  const contents = new Map(dataset.clips.map(clip => [clip.id, contentOf(clip, dataset)]))
  const holders = new Map<string, number>()
  for (const { classes } of contents.values())
    for (const label of new Set(classes)) holders.set(label, (holders.get(label) ?? 0) + 1)
  const strata = new Map(
    [...contents].map(([id, { classes, chosen }]) => [id, chosen ?? rarest(classes, holders) ?? NOTHING]),
  )
  const small = smallStrata(dataset.clips, strata)
  const common = mostCommon([...strata.values()].filter(stratum => !small.has(stratum)))
  return ({ id }) => {
    const stratum = strata.get(id) ?? NOTHING
    return small.has(stratum) ? (common ?? NOTHING) : stratum
  }
}

interface Content {
  /** Of a clip's boxes. */
  readonly classes: readonly string[]
  /** Where the clip itself says which of its classes stands for it. */
  readonly chosen?: string
}

function contentOf({ annotation }: Clip, { maskClasses = [] }: Dataset): Content {
  const classes = annotation?.boxes?.flatMap(({ boxes }) => boxes.map(({ label }) => label)) ?? []
  if (classes.length > 0) return { classes }
  const counts = annotation?.mask?.counts ?? []
  if (counts.length > 0) return { classes, chosen: maskClasses[counts.indexOf(Math.max(...counts))] }
  const seconds = new Map<string, number>()
  for (const { label, start, end } of annotation?.segments ?? [])
    seconds.set(label, (seconds.get(label) ?? 0) + end - start)
  const [longest] = [...seconds].sort(([, a], [, b]) => b - a)
  return { classes, chosen: longest?.[0] }
}

function rarest(classes: readonly string[], holders: ReadonlyMap<string, number>): string | undefined {
  const order = [...new Set(classes)].sort(
    (a, b) => (holders.get(a) ?? 0) - (holders.get(b) ?? 0) || (a < b ? -1 : 1),
  )
  return order.at(0)
}

/** Those that have too few recordings among the clips that are yet to be divided. */
function smallStrata(clips: readonly Clip[], strata: ReadonlyMap<string, string>): ReadonlySet<string> {
  const recordings = new Map<string, Set<string>>([...strata.values()].map(stratum => [stratum, new Set()]))
  for (const { id, split, group, path } of clips)
    if (split === undefined || split === 'train') recordings.get(strata.get(id) ?? '')?.add(group ?? path)
  return new Set([...recordings].filter(([, of]) => of.size < LEAST).map(([stratum]) => stratum))
}

function mostCommon(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a).at(0)?.[0]
}
