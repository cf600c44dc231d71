import { LayergymError, messageOf } from '../../common/error.ts'
import { type Finding, Findings } from '../../common/findings.ts'
import { median } from '../../common/quantile.ts'
import type { Clip, Dataset, Splits } from '../dataset.ts'
import { type Media, mediaOf } from '../media.ts'
import { isPictureFile, isSequenceFile } from '../media-types.ts'
import { inParallel } from '../parallel.ts'
import { splitDataset } from '../split.ts'
import { isBlank, isNearDuplicate, type Print, printOf } from './near-duplicates.ts'
import { aboutSequences, lookAtSequences, type SequenceSummary, summariseSequences } from './sequences.ts'
import { type Count, contentsOf, type DataSummary, summarise } from './summary.ts'
import { type Moment, thumbnails } from './thumbnails.ts'
import { number, some } from './words.ts'

/** A summary with what looking at the files adds. */
export interface DataInspection {
  readonly summary: DataSummary
  /** Of videos and pictures. */
  readonly media: MediaSummary
  readonly sequences?: SequenceSummary
  readonly findings: readonly Finding[]
}

export interface MediaSummary {
  /** `width x height` with how many items are so, the most frequent first. */
  readonly sizes: readonly Count[]
  /** Frames a second of clips, and seconds that they last. */
  readonly rates?: { readonly least: number; readonly most: number }
  readonly seconds?: { readonly median: number; readonly total: number }
  /** Clips that this is of: some, spread over the list, where there are many. */
  readonly looked: number
}

/** Clips (not pictures) that are looked at; each takes ffmpeg twice. */
const MOST_CLIPS = 300
const AT_ONCE = 8
/** The most frequent of a kind may occur so many times as often as the rarest. */
const UNBALANCED = { labels: 5, boxes: 10, masks: 100, segments: 10 }
/** Fewer objects of a class teach little. */
const FEW_BOXES = 10
/** What runs take without another seed. */
const SEED = 1

/** Looks at a dataset's files: sizes, one frame each, how it is divided; and says what is odd. */
export async function inspectDataset(dataset: Dataset, signal?: AbortSignal): Promise<DataInspection> {
  const summary = summarise(dataset)
  const findings = new Findings()
  const sequences = dataset.clips.filter(({ path }) => isSequenceFile(path))
  const clips = chosen(dataset.clips.filter(({ path }) => !isSequenceFile(path)))
  const media = new Map<string, Media>()
  const broken: string[] = dataset.skipped.map(({ path, reason }) => `${path} ${reason}`)
  const look = async (path: string) => {
    try {
      media.set(path, await mediaOf(path, signal))
    } catch (error) {
      if (!(error instanceof LayergymError && error.code.startsWith('video.'))) throw error
      broken.push(messageOf(error))
    }
  }
  await inParallel([...new Set(clips.map(({ path }) => path))], look, { limit: AT_ONCE, signal })
  const readable = clips.filter(({ path }) => media.has(path))
  const seen = await thumbnails(
    readable.map(clip => momentOf(clip, media.get(clip.path))),
    signal,
  )
  const prints = new Map<Clip, Print>()
  for (const [i, clip] of readable.entries()) {
    const pixels = seen[i]
    if (pixels === undefined) broken.push(`${clip.path} does not decode`)
    else prints.set(clip, printOf(pixels))
  }
  const { looks, broken: unread } = await lookAtSequences(sequences, signal)
  const shapes = summariseSequences(looks.values())
  aboutFiles(findings, [...broken, ...unread], prints)
  if (sequences.length > 0 && clips.length > 0)
    findings.error(
      'items.mixed',
      `${sequences[0].id} holds numbers through time, ${clips[0].id} pixels: a network takes one kind; make two datasets`,
    )
  if (shapes !== undefined) aboutSequences(findings, shapes, looks)
  aboutClasses(findings, summary)
  aboutSplits(findings, dataset, clip => ({ print: prints.get(clip), digest: looks.get(clip)?.digest }))
  const mediaSummary = summaryOf(readable.flatMap(({ path }) => media.get(path) ?? []))
  return { summary, media: mediaSummary, ...(shapes && { sequences: shapes }), findings: findings.all }
}

/** What tells whether an item is another one, stored twice: how it looks, or its numbers. */
interface Trace {
  readonly print?: Print
  readonly digest?: string
}

function isTwin(a: Trace, b: Trace): boolean {
  if (a.print !== undefined && b.print !== undefined) return isNearDuplicate(a.print, b.print)
  return a.digest !== undefined && a.digest === b.digest
}

/** All pictures, and as many clips as there is time for, spread over the list. */
function chosen(clips: readonly Clip[]): readonly Clip[] {
  const videos = clips.filter(({ path }) => !isPictureFile(path))
  const stride = Math.max(1, videos.length / MOST_CLIPS)
  const some = new Set(
    Array.from({ length: Math.min(MOST_CLIPS, videos.length) }, (_, i) => videos[Math.floor(i * stride)]),
  )
  return clips.filter(clip => some.has(clip) || isPictureFile(clip.path))
}

function momentOf({ path, start = 0, end }: Clip, media: Media | undefined): Moment {
  const duration = media?.video?.duration
  return duration === undefined
    ? { path, size: media?.size }
    : { path, time: (start + Math.min(end ?? duration, duration)) / 2 }
}

function summaryOf(media: readonly Media[]): MediaSummary {
  const sizes = new Map<string, number>()
  for (const { size } of media)
    sizes.set(`${size[1]} x ${size[0]}`, (sizes.get(`${size[1]} x ${size[0]}`) ?? 0) + 1)
  const videos = media.flatMap(({ video }) => video ?? [])
  const rates = videos.map(({ frameRate }) => frameRate).sort((a, b) => a - b)
  const seconds = videos.map(({ duration }) => duration)
  return {
    sizes: [...sizes].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count),
    rates: videos.length === 0 ? undefined : { least: rates[0], most: rates[rates.length - 1] },
    seconds:
      videos.length === 0
        ? undefined
        : { median: median(seconds), total: seconds.reduce((sum, of) => sum + of, 0) },
    looked: media.length,
  }
}

function aboutFiles(findings: Findings, broken: readonly string[], prints: ReadonlyMap<Clip, Print>): void {
  if (broken.length > 0)
    findings.error(
      'items.unreadable',
      `${number(broken.length)} can't be read: ${some(broken)}. Mend or remove them; --skip-broken leaves them out of a run`,
    )
  const blank = [...prints].filter(([, print]) => isBlank(print)).map(([{ id }]) => id)
  if (blank.length > 0)
    findings.warning(
      'items.blank',
      `${number(blank.length)} are of one colour, in the frame that was looked at: ${some(blank)}`,
    )
}

function aboutClasses(findings: Findings, { labels, boxes, masks, segments }: DataSummary): void {
  const rare = boxes?.classes.filter(({ count }) => count < FEW_BOXES) ?? []
  if (rare.length > 0)
    findings.warning(
      'boxes.few',
      `${some(rare.map(({ name, count }) => `${name} (${count})`))}: fewer than ${FEW_BOXES} boxes teach little; join classes, or leave these out`,
    )
  if (boxes !== undefined && boxes.total === 0)
    findings.error('boxes.none', 'there is no box at all: detection has nothing to learn')
  const pixels = masks?.classes.map(({ name, share }) => ({ name, count: share }))
  const absent = pixels?.filter(({ count }) => count === 0) ?? []
  if (absent.length > 0)
    findings.warning('masks.absent', `${some(absent.map(({ name }) => name))}: in no mask, though listed`)
  const lists = {
    labels,
    boxes: boxes?.classes,
    masks: pixels?.filter(({ count }) => count > 0),
    segments: segments?.classes.map(({ name, seconds }) => ({ name, count: seconds })),
  }
  for (const [kind, list = []] of Object.entries(lists)) {
    unbalanced(findings, kind as keyof typeof UNBALANCED, list)
    similar(findings, kind, list)
  }
}

function unbalanced(findings: Findings, kind: keyof typeof UNBALANCED, list: readonly Count[]): void {
  if (list.length < 2) return
  const sorted = [...list].sort((a, b) => b.count - a.count)
  const [most, least] = [sorted[0], sorted[sorted.length - 1]]
  const ratio = most.count / least.count
  if (ratio >= UNBALANCED[kind])
    findings.warning(
      `${kind}.unbalanced`,
      `${most.name} occurs ${number(Math.round(ratio))} times as often as ${least.name}: a model may never answer ${least.name}`,
    )
}

/** Names that differ in capitals, spaces or dashes alone are mostly one class written twice. */
function similar(findings: Findings, kind: string, list: readonly Count[]): void {
  const plain = new Map<string, string>()
  for (const { name } of list) {
    const key = name.toLowerCase().replace(/[\s_-]+/g, '')
    const other = plain.get(key)
    if (other !== undefined)
      findings.warning(`${kind}.similar`, `'${other}' and '${name}' are two classes: is one a slip?`)
    plain.set(key, name)
  }
}

function aboutSplits(findings: Findings, dataset: Dataset, traceOf: (clip: Clip) => Trace): void {
  let splits: Splits
  try {
    splits = splitDataset(dataset, { seed: SEED }).splits
  } catch (error) {
    if (!(error instanceof LayergymError)) throw error
    findings.error(error.code, error.message)
    return
  }
  if (!dataset.hasGroups)
    findings.warning(
      'splits.groups',
      'nothing says which items are of one recording: parts of one may be on both sides of a split, and scores too high; name a column (--group-column)',
    )
  const all = new Set(dataset.clips.flatMap(clip => contentsOf(clip, dataset)))
  const absent = (['train', 'reward', 'test'] as const).flatMap(name => {
    const held = new Set(splits[name].flatMap(clip => contentsOf(clip, dataset)))
    return [...all].filter(content => !held.has(content)).map(content => `${content} in ${name}`)
  })
  if (absent.length > 0)
    findings.warning('splits.absent', `never occur, as a run with --seed ${SEED} divides: ${some(absent)}`)
  const pairs = acrossSplits(splits, traceOf)
  if (pairs.length > 0)
    findings.warning(
      'splits.duplicates',
      `${number(pairs.length)} held-out items look like one that is learned from: ${some(pairs)}. Give such items one group`,
    )
}

/** Items of reward and test that look like one of train or probe, or, of test, one of reward: `id = id`. */
function acrossSplits(splits: Splits, traceOf: (clip: Clip) => Trace): string[] {
  const of = (clips: readonly Clip[]) => clips.map(clip => ({ id: clip.id, trace: traceOf(clip) }))
  const learned = of([...splits.train, ...splits.probe])
  const reward = of(splits.reward)
  const find = (held: typeof learned, among: typeof learned) =>
    held.flatMap(({ id, trace }) => {
      const twin = among.find(other => isTwin(trace, other.trace))
      return twin === undefined ? [] : [`${id} = ${twin.id}`]
    })
  return [...find(reward, learned), ...find(of(splits.test), [...learned, ...reward])]
}
