import { inputError } from '../../common/error.ts'
import type { Clip } from '../../data/dataset.ts'
import { isPictureFile } from '../../data/media-types.ts'
import type { Task } from '../../models/tasks/task.ts'
import { tf } from '../../models/tf.ts'
import { type ApplyOptions, type EvaluateOptions, type OpenModel, openModel } from './saved-model.ts'
import type { TestScore } from './scores.ts'
import { streamedPredictions } from './streamed.ts'
import { testScore } from './test-scores.ts'

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

/** A video that is several clips to the model is decoded once, and never held whole; other files go through the cache. */
export async function predictFiles(
  model: Pick<OpenModel, 'task' | 'pieces' | 'run' | 'inPieces' | 'format' | 'predict'>,
  paths: readonly string[],
  { signal, onEvent }: Pick<ApplyOptions, 'signal' | 'onEvent'>,
): Promise<readonly PredictedFile[]> {
  const { task, format, inPieces } = model
  const { frameRate } = format
  const clips = await model.pieces(paths)
  const isStreamed = ({ path }: Clip) => inPieces && frameRate !== undefined && !isPictureFile(path)
  const predictions = new Map<Clip, unknown>()
  const keep = (own: readonly Clip[], said: readonly unknown[]) => {
    for (const [i, clip] of own.entries()) predictions.set(clip, said[i])
  }
  const cached = clips.filter(clip => !isStreamed(clip))
  const said: unknown[] = []
  await model.run(cached, outputs => said.push(...task.predict(outputs)))
  keep(cached, said)
  for (const path of new Set(clips.filter(isStreamed).map(clip => clip.path))) {
    const own = clips.filter(clip => clip.path === path)
    const before = predictions.size
    const onProgress = (done: number) => onEvent({ type: 'clips', done: before + done, total: clips.length })
    const options = { frameRate: Number(frameRate), signal, onProgress }
    keep(own, await streamedPredictions(path, own, model, options))
  }
  return paths.map(path => {
    const pieces = clips.flatMap(clip =>
      clip.path === path ? [{ clip, prediction: predictions.get(clip) }] : [],
    )
    const own = pieces.map(({ prediction }) => prediction)
    const joined = task.join?.(
      own,
      pieces.map(({ clip }) => clip),
    )
    return { path, pieces, whole: joined ?? own[0] }
  })
}
