import { existsSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { inputError } from '../../../common/error.ts'
import { isPictureFile } from '../../../data/media-types.ts'

/** What is written of a file, each by its path. */
export interface Outputs {
  readonly path: string
  /** A PNG of a picture, an mp4 of a video. */
  readonly drawn: string
  /** Of a recording whose moments have labels. */
  readonly timeline?: { readonly csv: string; readonly html: string }
}

/**
 * Where what is drawn of each file goes: by its name, with its ending too where several would be the same.
 * @param timelines whether videos get one
 * @throws input error for files that are there already, unless they may be replaced, and for those that are drawn from
 */
export function outputsFor(
  paths: readonly string[],
  {
    dir,
    overwrite,
    timelines,
  }: { readonly dir: string; readonly overwrite: boolean; readonly timelines: boolean },
): readonly Outputs[] {
  const counts = new Map<string, number>()
  for (const path of paths) counts.set(stemOf(path), (counts.get(stemOf(path)) ?? 0) + 1)
  const outputs = paths.map((path): Outputs => {
    const name = counts.get(stemOf(path)) === 1 ? stemOf(path) : basename(path)
    const to = (ending: string) => resolve(join(dir, `${name}${ending}`))
    if (isPictureFile(path)) return { path, drawn: to('.png') }
    return { path, drawn: to('.mp4'), ...(timelines && { timeline: { csv: to('.csv'), html: to('.html') } }) }
  })
  refuseClashes(outputs, dir)
  if (!overwrite) refuseExisting(outputs)
  return outputs
}

/** All that is written of a file. */
export function filesOf({ drawn, timeline }: Outputs): readonly string[] {
  return timeline === undefined ? [drawn] : [drawn, timeline.csv, timeline.html]
}

function refuseClashes(outputs: readonly Outputs[], dir: string): void {
  const sources = new Set(outputs.map(({ path }) => resolve(path)))
  const taken = new Map<string, string>()
  for (const output of outputs) {
    for (const file of filesOf(output)) {
      if (sources.has(file))
        throw inputError(
          'predict.source',
          `${file} is itself among the clips and would be replaced: draw into another folder than ${dir}`,
        )
      const other = taken.get(file)
      if (other !== undefined)
        throw inputError(
          'predict.same-name',
          `${other} and ${output.path} would both be drawn to ${file}: draw them one after the other, into folders of their own`,
        )
      taken.set(file, output.path)
    }
  }
}

function refuseExisting(outputs: readonly Outputs[]): void {
  const there = outputs.flatMap(filesOf).filter(file => existsSync(file))
  if (there.length === 0) return
  const more = there.length > 1 ? ` and ${there.length - 1} more` : ''
  throw inputError(
    'predict.exists',
    `${there[0]}${more} is there already: draw into another folder, or replace it with --overwrite`,
  )
}

function stemOf(path: string): string {
  return basename(path, extname(path))
}
