import { median } from '../../common/quantile.ts'
import type { Box } from '../annotation.ts'
import type { Clip, Dataset } from '../dataset.ts'
import { isPictureFile, isSequenceFile } from '../media-types.ts'

/** What a dataset holds, as its files say it; nothing of it is measured on pixels but masks. */
export interface DataSummary {
  readonly path: string
  readonly items: number
  readonly pictures: number
  /** Files of numbers through time. */
  readonly sequences: number
  /** The clips' labels, with how many have each. */
  readonly labels: readonly Count[]
  readonly boxes?: BoxSummary
  /** Classes with their share of the masks' pixels that say something. */
  readonly masks?: {
    readonly clips: number
    readonly classes: readonly Share[]
    /** Whether classes.csv or the like names them; else they are called by their values. */
    readonly named: boolean
  }
  readonly segments?: { readonly clips: number; readonly classes: readonly SegmentClass[] }
  /** As the files say; `unsaid` ones are divided by a run. */
  readonly splits: Readonly<Record<SplitName, number>>
  /** Recordings that are named; none where no column or folder does. */
  readonly groups?: number
  readonly skipped: number
}

export interface Count {
  readonly name: string
  readonly count: number
}

export interface Share {
  readonly name: string
  /** [0, 1] */
  readonly share: number
}

export interface SegmentClass extends Count {
  readonly seconds: number
}

export interface BoxSummary {
  /** Boxes of each class, and the clips that hold some. */
  readonly classes: readonly (Count & { readonly clips: number })[]
  readonly total: number
  /** Crowds are no objects to be found. */
  readonly crowds: number
  /** Frames of which something is known, and those of them that hold nothing. */
  readonly frames: number
  readonly emptyFrames: number
  readonly emptyClips: number
  readonly perFrame: { readonly median: number; readonly most: number }
  /** By area at the source's size, as COCO has it: under 32², under 96², and larger. */
  readonly sizes: { readonly small: number; readonly medium: number; readonly large: number }
  /** Square root of the area, pixels of the source. */
  readonly medianSide: number
}

type SplitName = 'train' | 'probe' | 'reward' | 'test' | 'unsaid'

const SMALL = 32 ** 2
const MEDIUM = 96 ** 2

export function summarise(dataset: Dataset): DataSummary {
  const { clips, path, skipped, hasGroups } = dataset
  const splits = { train: 0, probe: 0, reward: 0, test: 0, unsaid: 0 }
  for (const { split = 'unsaid' } of clips) splits[split]++
  return {
    path,
    items: clips.length,
    pictures: clips.filter(clip => isPictureFile(clip.path)).length,
    sequences: clips.filter(clip => isSequenceFile(clip.path)).length,
    labels: counted(clips.map(clip => clip.label).filter(label => label !== '')),
    boxes: dataset.boxClasses && boxSummary(clips),
    masks: dataset.maskClasses && maskSummary(clips, dataset.maskClasses),
    segments: dataset.segmentClasses && segmentSummary(clips),
    splits,
    groups: hasGroups ? new Set(clips.map(({ group, path: file }) => group ?? file)).size : undefined,
    skipped: skipped.length,
  }
}

/** Names of all that a clip holds, by kind: its label, and classes of its boxes, mask and segments. */
export function contentsOf({ label, annotation }: Clip, { maskClasses = [] }: Dataset): readonly string[] {
  const boxes = annotation?.boxes?.flatMap(frame => frame.boxes.map(box => `box ${box.label}`)) ?? []
  const mask = annotation?.mask?.counts.flatMap((n, i) => (n > 0 ? [`mask ${maskClasses[i]}`] : [])) ?? []
  const segments = annotation?.segments?.map(segment => `segment ${segment.label}`) ?? []
  return [...new Set([...(label === '' ? [] : [`label ${label}`]), ...boxes, ...mask, ...segments])]
}

/** By how often, the most frequent first. */
function counted(names: readonly string[]): Count[] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => ({ name, count })).sort(byCount)
}

function byCount(a: Count, b: Count): number {
  return b.count - a.count || (a.name < b.name ? -1 : 1)
}

function boxSummary(clips: readonly Clip[]): BoxSummary {
  const frames = clips.flatMap(({ annotation }) => annotation?.boxes ?? []).map(({ boxes }) => boxes)
  const all = frames.flat()
  const objects = all.filter(({ crowd }) => !crowd)
  const held = clips.map(({ annotation }) => annotation?.boxes?.flatMap(({ boxes }) => boxes) ?? [])
  const holders = new Map(
    counted(held.flatMap(boxes => [...new Set(boxes.map(({ label }) => label))])).map(({ name, count }) => [
      name,
      count,
    ]),
  )
  const areas = objects.map(({ width, height }: Box) => width * height)
  const counts = frames.map(boxes => boxes.length)
  return {
    classes: counted(all.map(({ label }) => label)).map(of => ({ ...of, clips: holders.get(of.name) ?? 0 })),
    total: all.length,
    crowds: all.length - objects.length,
    frames: frames.length,
    emptyFrames: counts.filter(count => count === 0).length,
    emptyClips: held.filter(boxes => boxes.length === 0).length,
    perFrame: {
      median: counts.length === 0 ? 0 : median(counts),
      most: counts.reduce((a, b) => Math.max(a, b), 0),
    },
    sizes: {
      small: areas.filter(area => area < SMALL).length,
      medium: areas.filter(area => area >= SMALL && area < MEDIUM).length,
      large: areas.filter(area => area >= MEDIUM).length,
    },
    medianSide: areas.length === 0 ? 0 : Math.sqrt(median(areas)),
  }
}

function maskSummary(clips: readonly Clip[], names: readonly string[]): DataSummary['masks'] {
  const masks = clips.flatMap(({ annotation }) => annotation?.mask ?? [])
  const pixels = names.map((_, i) => masks.reduce((sum, { counts }) => sum + counts[i], 0))
  const all = pixels.reduce((sum, n) => sum + n, 0)
  const classes = names.map((name, i) => ({ name, share: all === 0 ? 0 : pixels[i] / all }))
  const named = names.some(name => !/^\d+$/.test(name))
  return { clips: masks.length, classes: classes.sort((a, b) => b.share - a.share), named }
}

function segmentSummary(clips: readonly Clip[]): DataSummary['segments'] {
  const all = clips.flatMap(({ annotation }) => annotation?.segments ?? [])
  const seconds = new Map<string, number>()
  for (const { label, start, end } of all) seconds.set(label, (seconds.get(label) ?? 0) + end - start)
  return {
    clips: clips.filter(({ annotation }) => (annotation?.segments ?? []).length > 0).length,
    classes: counted(all.map(({ label }) => label)).map(of => ({
      ...of,
      seconds: seconds.get(of.name) ?? 0,
    })),
  }
}
