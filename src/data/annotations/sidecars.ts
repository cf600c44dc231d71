import { access } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inputError, LayergymError, messageOf } from '../../common/error.ts'
import { nearest } from '../../common/suggest.ts'
import type { Annotation } from '../annotation.ts'
import type { Clip, Found } from '../dataset.ts'
import { type Media, mediaOf } from '../media.ts'
import { inParallel } from '../parallel.ts'
import { type BoxRow, boxesOf, readBoxes } from './boxes-csv.ts'
import { readClasses } from './legend.ts'
import { checkMasks } from './masks.ts'
import { readSegments, type SegmentRow, segmentsOf } from './segments-csv.ts'

/** Files beside a manifest that say more of its clips. */
export interface Sidecars {
  readonly boxes?: string
  readonly segments?: string
  readonly classes?: string
}

/** A clip of a manifest, with what its row says of annotations. */
export interface ManifestClip {
  readonly clip: Clip
  readonly where: string
  /** Absolute path of its mask. */
  readonly mask?: string
  /** Only the frames that boxes.csv lists were looked at. */
  readonly sparse: boolean
}

export interface AnnotateOptions {
  /** Whether what the sidecars say of clips that aren't there is passed over. */
  readonly partial: boolean
  readonly skipBroken?: boolean
  readonly signal?: AbortSignal
}

const AT_ONCE = 8

/** The sidecars of a manifest, by their names. */
export async function sidecarsOf(manifest: string): Promise<Sidecars> {
  const find = async (name: string) => {
    const path = join(dirname(manifest), name)
    return access(path).then(
      () => path,
      () => undefined,
    )
  }
  const [boxes, segments, classes] = await Promise.all(['boxes.csv', 'segments.csv', 'classes.csv'].map(find))
  return { boxes, segments, classes }
}

/** Puts onto clips what sidecars and masks say of them. */
export async function annotate(
  rows: readonly ManifestClip[],
  { boxes, segments, classes }: Sidecars,
  options: AnnotateOptions,
): Promise<Found> {
  const boxRows = boxes === undefined ? undefined : await readBoxes(boxes)
  const segmentRows = segments === undefined ? undefined : await readSegments(segments)
  if (!options.partial) for (const named of [boxRows, segmentRows]) refuseUnlisted(rows, named)
  const { media, skipped } = await mediaFor(rows, options)
  const usable = rows.flatMap(row => {
    const found = media.get(row.clip.path)
    return found === undefined ? [] : [{ ...row, media: found }]
  })
  const masked = usable.flatMap(({ mask, where, media: { size } }) =>
    mask === undefined ? [] : [{ where, path: mask, size }],
  )
  const known = classes === undefined || masked.length === 0 ? undefined : await readClasses(classes)
  const { names, masks } = await checkMasks(masked, known, options.signal)
  const byPath = new Map(masks.map(mask => [mask.path, mask]))
  const shared = new Map<string, Promise<Annotation>>()
  const clips = await inParallel(
    usable,
    async ({ clip, mask, sparse, media: of }): Promise<Clip> => {
      const key = JSON.stringify([clip.path, mask, sparse])
      const parts = {
        boxes: boxRows && (boxRows.get(clip.path) ?? []),
        segments: segmentRows?.get(clip.path),
      }
      const annotation =
        shared.get(key) ?? annotationOf(clip.path, of, parts, { sparse, signal: options.signal })
      shared.set(key, annotation)
      const found = await annotation
      return { ...clip, annotation: mask === undefined ? found : { ...found, mask: byPath.get(mask) } }
    },
    { limit: AT_ONCE, signal: options.signal },
  )
  return {
    clips,
    skipped,
    boxClasses: boxRows && labelsOf(clips, ({ boxes: frames }) => frames?.flatMap(frame => frame.boxes)),
    maskClasses: masked.length === 0 ? undefined : names,
    segmentClasses: segmentRows && labelsOf(clips, annotation => annotation.segments),
  }
}

/** Labels that occur in annotations, sorted. */
export function labelsOf(
  clips: readonly Clip[],
  of: (annotation: Annotation) => readonly { readonly label: string }[] | undefined,
): string[] {
  const labels = new Set<string>()
  for (const { annotation } of clips)
    for (const { label } of (annotation && of(annotation)) ?? []) labels.add(label)
  return [...labels].sort()
}

/** Sizes of files, and those that can't be read, where they may be left out. */
export async function mediaFor(
  rows: readonly { readonly clip: Pick<Clip, 'path'> }[],
  { skipBroken, signal }: Pick<AnnotateOptions, 'skipBroken' | 'signal'>,
): Promise<{ readonly media: ReadonlyMap<string, Media>; readonly skipped: Found['skipped'] }> {
  const media = new Map<string, Media>()
  const skipped: { path: string; reason: string }[] = []
  const paths = [...new Set(rows.map(({ clip }) => clip.path))]
  const look = async (path: string) => {
    try {
      media.set(path, await mediaOf(path, signal))
    } catch (error) {
      if (!(skipBroken && error instanceof LayergymError && error.code.startsWith('video.'))) throw error
      skipped.push({ path, reason: messageOf(error) })
    }
  }
  await inParallel(paths, look, { limit: AT_ONCE, signal })
  return { media, skipped }
}

async function annotationOf(
  path: string,
  media: Media,
  rows: { readonly boxes?: readonly BoxRow[]; readonly segments?: readonly SegmentRow[] },
  options: { readonly sparse: boolean; readonly signal?: AbortSignal },
): Promise<Annotation> {
  const boxes = rows.boxes && (await boxesOf(path, rows.boxes, media, options))
  return { size: media.size, ...boxes, segments: rows.segments && segmentsOf(rows.segments, media) }
}

function refuseUnlisted(
  rows: readonly ManifestClip[],
  named: ReadonlyMap<string, readonly { readonly where: string; readonly path: string }[]> | undefined,
): void {
  const listed = new Set(rows.map(({ clip }) => clip.path))
  for (const [path, [first]] of named ?? []) {
    if (listed.has(path)) continue
    const near = nearest(path, listed)
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    throw inputError('data.unlisted', `${first.where}: ${path} is not listed in labels.csv${hint}`)
  }
}
