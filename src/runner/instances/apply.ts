import { join } from 'node:path'
import { inputError } from '../../common/error.ts'
import { mean } from '../../common/statistics.ts'
import { openClipCache } from '../../data/clip-cache.ts'
import type { Clip, Dataset } from '../../data/dataset.ts'
import { loadDataset } from '../../data/load.ts'
import { isMemory, type Memory } from '../../data/memory.ts'
import { openClipSource } from '../../data/source.ts'
import { type EngineOptions, startEngine } from '../../models/engine.ts'
import { loadModel } from '../../models/load.ts'
import { accuracyOf, balancedAccuracyOf, confusionMatrix } from '../../models/metrics.ts'
import { Network } from '../../models/network.ts'
import type { Clock } from '../play/roles.ts'
import type { OnEvent } from '../runs/events.ts'
import { withoutBroken } from './clips.ts'
import { defaultCacheDir } from './compose.ts'
import { type EvaluatedClips, type EvaluatedSplit, evaluatedClips } from './evaluated-clips.ts'

export interface ApplyOptions {
  readonly engine?: EngineOptions['engine']
  readonly cache?: string
  readonly signal: AbortSignal
  /** Milliseconds since 1970; with it, what killed processes left in the cache is removed. */
  readonly clock?: Clock
  readonly onEvent: OnEvent
}

export interface EvaluateOptions extends ApplyOptions {
  readonly model: string
  readonly data: string
  readonly split: EvaluatedSplit
  /** Default: the one that the model's run had. */
  readonly groupColumn?: string
  /** Leave out clips that can't be decoded; so does a model whose run did. */
  readonly skipBroken?: boolean
}

export interface EvaluationResult {
  readonly accuracy: number
  readonly balancedAccuracy: number
  readonly loss: number
  readonly clips: number
  /** Clips of the data that were not counted as test: the model has seen them, or the manifest says otherwise. */
  readonly leftOut: number
  readonly perClass: readonly {
    readonly label: string
    readonly clips: number
    readonly recall: number
    readonly precision: number
  }[]
  readonly confusion: readonly (readonly number[])[]
}

/** Scores a fine-tuned model on a split; `test` is what it never saw. */
export async function evaluateModel(options: EvaluateOptions): Promise<EvaluationResult> {
  const classifier = await openClassifier(options.model, options)
  try {
    const dataset = await classifier.dataset(options)
    const unknown = dataset.classes.filter(name => !classifier.classes.includes(name))
    if (unknown.length > 0) {
      throw inputError(
        'evaluate.classes',
        `the data has classes that the model doesn't know: ${unknown.join(', ')} (it knows ${classifier.classes.join(', ')})`,
      )
    }
    const { clips, leftOut } = await classifier.choose(dataset, options)
    if (clips.length === 0)
      throw inputError('evaluate.broken', `no clip of the ${options.split} split can be decoded`)
    const probabilities = await classifier.classify(clips)
    const labels = clips.map(clip => classifier.classes.indexOf(clip.label))
    const predictions = probabilities.map(argMax)
    const confusion = confusionMatrix(labels, predictions, classifier.classes.length)
    const column = (j: number) => confusion.reduce((sum, row) => sum + row[j], 0)
    return {
      accuracy: accuracyOf(confusion),
      balancedAccuracy: balancedAccuracyOf(confusion),
      loss: mean(probabilities.map((p, i) => -Math.log(Math.max(p[labels[i]], 1e-12)))),
      clips: clips.length,
      leftOut,
      perClass: classifier.classes.map((label, i) => {
        const count = confusion[i].reduce((a, b) => a + b, 0)
        return {
          label,
          clips: count,
          recall: count === 0 ? 0 : confusion[i][i] / count,
          precision: column(i) === 0 ? 0 : confusion[i][i] / column(i),
        }
      }),
      confusion,
    }
  } finally {
    classifier.close()
  }
}

export interface Prediction {
  readonly path: string
  readonly label: string
  /** By class, in the model's order. */
  readonly probabilities: Readonly<Record<string, number>>
}

/** Labels and probabilities of clips; `paths` are video files. */
export async function predictClips(
  model: string,
  paths: readonly string[],
  options: ApplyOptions,
): Promise<readonly Prediction[]> {
  const classifier = await openClassifier(model, options)
  try {
    const clips = paths.map(path => ({ id: path, path, label: '' }))
    const probabilities = await classifier.classify(clips)
    return probabilities.map((values, i) => ({
      path: paths[i],
      label: classifier.classes[argMax(values)],
      probabilities: Object.fromEntries(classifier.classes.map((name, j) => [name, values[j]])),
    }))
  } finally {
    classifier.close()
  }
}

/** What a model saved by layergym says about its clips. */
interface Metadata {
  readonly classes: readonly string[]
  readonly frames: number
  readonly size: readonly [number, number]
  readonly channels: 1 | 3
  readonly fit: 'crop' | 'letterbox' | 'stretch'
  readonly frameRate: number
  readonly seed: number
  readonly groupColumn?: string | null
  readonly skipBroken?: boolean
  /** Models of earlier versions have none. */
  readonly memory?: Memory
}

const BATCH = 16

async function openClassifier(path: string, options: ApplyOptions) {
  const notice = (message: string) => options.onEvent({ type: 'notice', message })
  const loaded = await loadModel(path)
  const metadata = loaded.metadata.layergym as Metadata | undefined
  if (metadata === undefined) {
    throw inputError(
      'model.not-fine-tuned',
      `${loaded.path} doesn't say which classes and clips it is for: give the model of a fine-tuning run (its model folder)`,
    )
  }
  await startEngine({ engine: options.engine, onNotice: notice })
  const network = new Network(loaded.model, { count: 2 })
  const cache = openClipCache({
    dir: join(options.cache ?? defaultCacheDir(), 'clips'),
    size: metadata.size,
    channels: metadata.channels,
    fit: metadata.fit,
    frameRate: metadata.frameRate,
    clock: options.clock,
    onNotice: notice,
  })
  const source = openClipSource({ cache, frames: metadata.frames })
  const prepare = (clips: readonly Clip[], skipBroken: boolean) =>
    cache.prepare(clips, {
      signal: options.signal,
      skipBroken,
      onProgress: ({ done, total }) => options.onEvent({ type: 'clips', done, total }),
    })
  const memory = isMemory(metadata.memory) ? metadata.memory : undefined
  const skips = ({ skipBroken }: EvaluateOptions) => skipBroken === true || metadata.skipBroken === true
  return {
    classes: metadata.classes,
    /** Clips as the run saw them; test clips alone may be of one class. */
    async dataset(given: EvaluateOptions): Promise<Dataset> {
      const groupColumn = given.groupColumn ?? metadata.groupColumn ?? undefined
      const oneClass = memory !== undefined || given.split === 'all'
      const load = (column: string | undefined) => {
        const { signal } = given
        return loadDataset(given.data, { groupColumn: column, skipBroken: skips(given), oneClass, signal })
      }
      return load(groupColumn).catch(error => {
        // Other clips than the run's may well lack its column.
        if (given.groupColumn === undefined && error.code === 'data.group-column') return load(undefined)
        throw error
      })
    },
    /** The clips to score, those that can't be decoded left out where that is wanted. */
    async choose(dataset: Dataset, given: EvaluateOptions): Promise<EvaluatedClips> {
      const chosen = async (from: Dataset) => {
        const result = await evaluatedClips(from, given.split, { memory, seed: metadata.seed })
        for (const message of result.notices) notice(message)
        return result
      }
      if (!skips(given)) return chosen(dataset)
      // Without memory the split is drawn from what the run could decode.
      if (memory === undefined)
        return chosen(withoutBroken(dataset, (await prepare(dataset.clips, true)).skipped))
      const result = await chosen(dataset)
      const { skipped } = await prepare(result.clips, true)
      return { ...result, clips: withoutBroken({ ...dataset, clips: result.clips }, skipped).clips }
    },
    /** [clips][classes] */
    async classify(clips: readonly Clip[]): Promise<number[][]> {
      await prepare(clips, false)
      const result: number[][] = []
      for (let at = 0; at < clips.length; at += BATCH) {
        const batch = clips.slice(at, at + BATCH)
        const input = network.input(source.batch(batch, 'uniform'), batch.length)
        const output = network.forward(input, batch.length)
        const values = network.probabilities(output)
        input.dispose()
        output.dispose()
        const { length } = metadata.classes
        for (let i = 0; i < batch.length; i++) result.push([...values.slice(i * length, (i + 1) * length)])
      }
      return result
    },
    close: () => cache.close(),
  }
}

function argMax(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0)
}
