import { availableParallelism } from 'node:os'
import { inputError, LayergymError, messageOf } from '../../common/error.ts'
import type { Clip, Item } from '../../data/dataset.ts'
import { isPictureFile } from '../../data/media-types.ts'
import { inParallel } from '../../data/parallel.ts'
import type { Outputs, Task } from '../../models/tasks/task.ts'
import { tf } from '../../models/tf.ts'
import { type ApplyOptions, type EvaluateOptions, type OpenModel, openModel } from './saved-model.ts'
import type { TestScore } from './scores.ts'
import { streamedPredictions } from './streamed.ts'
import { testScore } from './test-scores.ts'

/** What an evaluation of a model came to. */
export interface EvaluationResult extends TestScore {
  /** Clips of the data that were not counted as test: the model has seen them, or the manifest says otherwise. */
  readonly leftOut: number
  readonly task: Pick<Task, 'id' | 'metric' | 'parts'>
  /** Of a task with classes. */
  readonly perClass?: readonly ClassResult[]
}

interface ClassResult {
  readonly label: string
  readonly clips: number
  readonly recall: number
  readonly precision: number
}

/** Scores a fine-tuned model on a split; `test` is what it never saw. */
export async function evaluateModel(options: EvaluateOptions): Promise<EvaluationResult> {
  const model = await openModel(options.model, options)
  const { task } = model
  try {
    const { clips, leftOut } = await model.choose(await model.dataset(options), options)
    if (clips.length === 0)
      throw inputError('evaluate.broken', `no clip of the ${options.split} split can be decoded`)
    const targets: unknown[] = []
    const predictions: unknown[] = []
    const losses: number[] = []
    await model.run(clips, (outputs, items) => {
      const own = items.map(item => task.target(item))
      targets.push(...own)
      predictions.push(...task.predict(outputs))
      losses.push(...tf.tidy(() => task.loss(outputs, own).dataSync()))
    })
    const { clips: count, ...score } = testScore(task, { targets, predictions, losses })
    const perClass = task.classes && score.confusion && perClassOf(task.classes.names, score.confusion)
    const { id, metric, parts } = task
    return { ...score, clips: count, leftOut, task: { id, metric, parts }, ...(perClass && { perClass }) }
  } finally {
    model.close()
  }
}

function perClassOf(
  names: readonly string[],
  confusion: readonly (readonly number[])[],
): readonly ClassResult[] {
  const column = (j: number) => confusion.reduce((sum, row) => sum + row[j], 0)
  return names.map((label, i) => {
    const clips = confusion[i].reduce((a, b) => a + b, 0)
    return {
      label,
      clips,
      recall: clips === 0 ? 0 : confusion[i][i] / clips,
      precision: column(i) === 0 ? 0 : confusion[i][i] / column(i),
    }
  })
}

/** What a model says of a clip, as its task answers: of one with classes `label` and `probabilities` by class. */
export interface Prediction {
  readonly path: string
  /** The answer in a few words. */
  readonly words: string
  readonly [figure: string]: unknown
}

/** What a model says of clips; `paths` are files: of videos or pictures, or of sequences where the model takes those. */
export async function predictClips(
  path: string,
  paths: readonly string[],
  options: ApplyOptions,
): Promise<readonly Prediction[]> {
  const model = await openModel(path, options)
  const { task } = model
  try {
    const predicted = await predictFiles(model, paths, options)
    return predicted.map(({ path, whole }) => ({ path, words: task.words(whole), ...task.answer(whole) }))
  } finally {
    model.close()
  }
}

/** What a model says of one file: of each of its pieces, and as a whole. */
export interface PredictedFile {
  readonly path: string
  readonly pieces: readonly { readonly clip: Clip; readonly prediction: unknown }[]
  readonly whole: unknown
}

/**
 * A video that is several clips to the model is decoded once, and never held whole; other files go through the cache.
 * @param onBroken takes files that can't be read, which are left out then; without it the first one is an error
 */
export async function predictFiles(
  model: Pick<OpenModel, 'task' | 'pieces' | 'run' | 'inPieces' | 'format' | 'predict'>,
  paths: readonly string[],
  { onBroken, signal, onEvent }: Pick<ApplyOptions, 'onBroken' | 'signal' | 'onEvent'>,
): Promise<readonly PredictedFile[]> {
  const { task, format, inPieces } = model
  const { frameRate } = format
  const broken = new Map<string, string>()
  const passOver = (path: string) => (error: unknown) => {
    if (onBroken === undefined || !isBrokenFile(error)) throw error
    broken.set(path, messageOf(error))
    return []
  }
  const piecesOf = (path: string) => model.pieces([path]).catch(passOver(path))
  const clips = (await inParallel(paths, piecesOf, { limit: availableParallelism(), signal })).flat()
  const isStreamed = ({ path }: Clip) => inPieces && frameRate !== undefined && !isPictureFile(path)
  const predictions = new Map<string, unknown>()
  const keep = (items: readonly Clip[], said: readonly unknown[]) => {
    for (const [i, prediction] of said.entries()) predictions.set(items[i].id, prediction)
  }
  const use = (outputs: Outputs, items: readonly Item[]) => keep(items, task.predict(outputs))
  const cached = clips.filter(clip => !isStreamed(clip))
  const skipped = await model.run(cached, use, onBroken !== undefined)
  for (const { clip, reason } of skipped) broken.set(clip.path, reason)
  for (const path of new Set(clips.filter(isStreamed).map(clip => clip.path))) {
    const own = clips.filter(clip => clip.path === path)
    const before = predictions.size
    const onProgress = (done: number) => onEvent({ type: 'clips', done: before + done, total: clips.length })
    const options = { frameRate: Number(frameRate), signal, onProgress }
    keep(own, await streamedPredictions(path, own, model, options).catch(passOver(path)))
  }
  for (const [path, reason] of broken) onBroken?.({ path, reason })
  return paths.filter(path => !broken.has(path)).map(path => wholeOf(path, clips, task, predictions))
}

function wholeOf(
  path: string,
  clips: readonly Clip[],
  task: Task,
  predictions: ReadonlyMap<string, unknown>,
): PredictedFile {
  const pieces = clips
    .filter(clip => clip.path === path)
    .map(clip => ({ clip, prediction: predictions.get(clip.id) }))
  const own = pieces.map(({ prediction }) => prediction)
  const joined = task.join?.(
    own,
    pieces.map(({ clip }) => clip),
  )
  return { path, pieces, whole: joined ?? own[0] }
}

/** Of a file that can't be read; not of a disk that is full, say. */
export function isBrokenFile(error: unknown): boolean {
  return (
    error instanceof LayergymError && /^(video|sequence|clip)\./.test(error.code) && error.kind === 'input'
  )
}
