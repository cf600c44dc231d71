import { interrupted, messageOf } from '../../../common/error.ts'
import { geometryOf } from '../../../data/geometry.ts'
import { isPictureFile } from '../../../data/media-types.ts'
import { encodePng } from '../../../data/png-encoder.ts'
import { decodeVideo } from '../../../data/video.ts'
import { isBrokenFile, type PredictedFile, type Prediction, predictFiles } from '../../instances/apply.ts'
import { type ApplyOptions, type OpenModel, openModel } from '../../instances/saved-model.ts'
import { writeAtomic } from '../../runs/atomic.ts'
import { drawnOn, drawVideo } from './draw-video.ts'
import { filesOf, type Outputs, outputsFor } from './outputs.ts'
import { timelineCsv, timelinePage } from './timeline.ts'
import { knownWindows, walkedWindows } from './windows.ts'

export interface DrawOptions extends ApplyOptions {
  /** Folder for what is drawn; made where there is none. */
  readonly draw: string
  /** Replace files that are there. */
  readonly overwrite: boolean
}

/** A prediction, and the files that show it; of a video that was walked through, its words say so. */
export type DrawnPrediction = Prediction & { readonly files: readonly string[] }

/**
 * What a model says of files, drawn: a PNG of each picture, an mp4 of each video, of a recording with labelled moments
 * its timeline too. A file appears when it is whole.
 */
export async function drawPredictions(
  path: string,
  paths: readonly string[],
  options: DrawOptions,
): Promise<readonly DrawnPrediction[]> {
  const model = await openModel(path, options)
  const { task } = model
  try {
    const timelines = task.timeline !== undefined
    const outputs = outputsFor(paths, { dir: options.draw, overwrite: options.overwrite, timelines })
    // Where a task draws on frames, those of a video are too many to hold: it is walked through.
    const isWalked = (file: string) => task.draw !== undefined && !model.inPieces && !isPictureFile(file)
    const known = await predictFiles(
      model,
      paths.filter(file => !isWalked(file)),
      options,
    )
    const byPath = new Map(known.map(file => [file.path, file]))
    const drawn: DrawnPrediction[] = []
    for (const output of outputs) {
      if (options.signal.aborted) throw interrupted()
      const file = byPath.get(output.path)
      if (file === undefined && !isWalked(output.path)) continue
      const said = await (file === undefined
        ? drawWalked(output, model, options)
        : drawKnown(output, file, model, options)
      ).catch(error => passOver(error, output.path, options))
      if (said === undefined) continue
      drawn.push({ path: output.path, ...said, files: filesOf(output) })
      if (!isPictureFile(output.path)) options.onEvent({ type: 'notice', message: `drawn: ${output.drawn}` })
    }
    return drawn
  } finally {
    model.close()
  }
}

function passOver(error: unknown, path: string, { onBroken }: DrawOptions): undefined {
  if (onBroken === undefined || !isBrokenFile(error)) throw error
  onBroken({ path, reason: messageOf(error) })
}

type Said = Omit<Prediction, 'path'> & { readonly words: string }

async function drawWalked(
  { path, drawn }: Outputs,
  model: OpenModel,
  { signal }: DrawOptions,
): Promise<Said> {
  let count = 0
  async function* counted() {
    for await (const window of walkedWindows(path, model, signal)) {
      count++
      yield window
    }
  }
  await drawVideo(path, drawn, { windows: counted(), model, signal })
  return { words: `drawn in ${count} windows` }
}

async function drawKnown(
  { path, drawn, timeline }: Outputs,
  file: PredictedFile,
  model: OpenModel,
  { signal }: DrawOptions,
): Promise<Said> {
  const { task } = model
  if (isPictureFile(path)) await drawPicture(path, drawn, { prediction: file.whole, model, signal })
  else await drawVideo(path, drawn, { windows: knownWindows(file), model, signal })
  if (timeline !== undefined) {
    const stretches = task.timeline?.(file.whole) ?? []
    await writeAtomic(timeline.csv, timelineCsv(stretches))
    await writeAtomic(timeline.html, timelinePage(path, stretches))
  }
  return { words: task.words(file.whole), ...task.answer(file.whole) }
}

async function drawPicture(
  from: string,
  to: string,
  of: { readonly prediction: unknown; readonly model: OpenModel; readonly signal: AbortSignal },
): Promise<void> {
  const { model, signal, prediction } = of
  const { frames: pixels, shape } = await decodeVideo(from, { signal })
  const [, height, width] = shape
  const { task, format } = model
  const geometry = geometryOf([height, width], format.size, format.fit)
  const frame = Math.floor(format.frames / 2)
  const picture = { width, height, pixels: pixels.subarray(0, height * width * 3) }
  const drawn = drawnOn(picture, task, { prediction, frame, geometry })
  await writeAtomic(to, encodePng(drawn.pixels, [height, width, 3]))
}
