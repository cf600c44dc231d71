import { join } from 'node:path'
import { inputError } from '../../common/error.ts'
import type { Clip, Dataset, Item } from '../../data/dataset.ts'
import { loadDataset } from '../../data/load.ts'
import { isMemory, type Memory } from '../../data/memory.ts'
import { type ClipFormat, openSource } from '../../data/open-source.ts'
import { type EngineOptions, startEngine } from '../../models/engine.ts'
import { loadModel } from '../../models/load.ts'
import { Network } from '../../models/network.ts'
import { isSequenceModel } from '../../models/sequence-model.ts'
import type { Outputs, Task, TaskDefinition } from '../../models/tasks/task.ts'
import { tf } from '../../models/tf.ts'
import type { Clock } from '../play/roles.ts'
import type { Container } from '../plugins/container.ts'
import { containerOf } from '../plugins/load-plugins.ts'
import type { Plugin } from '../plugins/plugin.ts'
import type { OnEvent } from '../runs/events.ts'
import { withoutBroken } from './clips.ts'
import { refuseOtherFiles } from './clips-at-hand.ts'
import { defaultCacheDir } from './compose.ts'
import { type EvaluatedClips, type EvaluatedSplit, evaluatedClips } from './evaluated-clips.ts'
import type { TestScore } from './scores.ts'
import { piecesOf, type SavedTask, savedFacts, stratumOf } from './task.ts'
import { testScore } from './test-scores.ts'

export interface ApplyOptions {
  /** Packages or files of plugins, seen from the working directory: one that defines the model's task, say. */
  readonly plugin?: readonly string[]
  /** Plugins at hand. */
  readonly plugins?: readonly Plugin[]
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
    const pieces = await model.pieces(paths)
    const predictions: unknown[] = []
    await model.run(pieces, outputs => predictions.push(...task.predict(outputs)))
    return paths.map(path => {
      const own = predictions.filter((_, i) => pieces[i].path === path)
      const prediction =
        task.join?.(
          own,
          pieces.filter(piece => piece.path === path),
        ) ?? own[0]
      return { path, words: task.words(prediction), ...task.answer(prediction) }
    })
  } finally {
    model.close()
  }
}

/** What a model saved by layergym says about its clips. */
interface Metadata extends SavedTask, ClipFormat {
  readonly seed: number
  readonly groupColumn?: string | null
  readonly skipBroken?: boolean
  /** Models of earlier versions have none. */
  readonly memory?: Memory
}

const BATCH = 16

async function openModel(path: string, options: ApplyOptions) {
  const notice = (message: string) => options.onEvent({ type: 'notice', message })
  const loaded = await loadModel(path)
  const metadata = loaded.metadata.layergym as Metadata | undefined
  const facts = metadata && savedFacts(metadata)
  if (metadata === undefined || facts === undefined) {
    throw inputError(
      'model.not-fine-tuned',
      `${loaded.path} doesn't say which task and clips it is for: give the model of a fine-tuning run (its model folder)`,
    )
  }
  const definition = savedDefinition(metadata, await containerOf(options.plugin ?? [], options.plugins))
  const task = definition.create(facts)
  await startEngine({ engine: options.engine, onNotice: notice })
  const network = new Network(loaded.model, { atMost: 2 })
  const dir = join(options.cache ?? defaultCacheDir(), 'clips')
  const source = openSource(metadata, { dir, clock: options.clock, onNotice: notice })
  const prepare = (clips: readonly Clip[], skipBroken: boolean) =>
    source.prepare(clips, {
      signal: options.signal,
      skipBroken,
      onProgress: ({ done, total }) => options.onEvent({ type: 'clips', done, total }),
    })
  const { frames } = metadata
  const inPieces = (dataset: Dataset) => {
    refuseOtherFiles(dataset.clips, isSequenceModel(loaded.model))
    return piecesOf(dataset, definition, { frames, known: facts, signal: options.signal })
  }
  const memory = isMemory(metadata.memory) ? metadata.memory : undefined
  const drawnAs = (dataset: Dataset) => ({ seed: metadata.seed, stratum: stratumOf(definition, dataset) })
  const skips = ({ skipBroken }: EvaluateOptions) => skipBroken === true || metadata.skipBroken === true
  return {
    task,
    /** Clips as the run saw them. */
    async dataset(given: EvaluateOptions): Promise<Dataset> {
      const groupColumn = given.groupColumn ?? metadata.groupColumn ?? undefined
      const load = (column: string | undefined) => {
        const { signal } = given
        return loadDataset(given.data, { groupColumn: column, skipBroken: skips(given), signal })
      }
      const dataset = await load(groupColumn).catch(error => {
        // Other clips than the run's may well lack its column.
        if (given.groupColumn === undefined && error.code === 'data.group-column') return load(undefined)
        throw error
      })
      definition.check(dataset, facts)
      return inPieces(dataset)
    },
    /** What of files is predicted at once. */
    async pieces(paths: readonly string[]): Promise<readonly Clip[]> {
      const clips = paths.map(path => ({ id: path, path, label: '' }))
      return (await inPieces({ path: '', classes: [], clips, hasGroups: false, skipped: [] })).clips
    },
    /** The clips to score, those that can't be decoded left out where that is wanted. */
    async choose(dataset: Dataset, given: EvaluateOptions): Promise<EvaluatedClips> {
      const chosen = async (from: Dataset) => {
        const result = await evaluatedClips(from, given.split, { memory, ...drawnAs(from) })
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
    /** Hands outputs on, batch by batch, with the clips that they are of; they are gone afterwards. */
    async run(
      clips: readonly Clip[],
      use: (outputs: Outputs, items: readonly Item[]) => void,
    ): Promise<void> {
      await prepare(clips, false)
      for (let from = 0; from < clips.length; from += BATCH) {
        const batch = clips.slice(from, from + BATCH)
        const { pixels, items } = source.see(batch, 'uniform')
        const input = network.input(pixels, batch.length)
        const output = network.forward(input, batch.length)
        use(network.outputs(output), items)
        tf.dispose([input, output])
      }
    },
    close: () => source.close(),
  }
}

/** @throws input error when nothing that is loaded defines the model's task */
function savedDefinition({ task = 'action-recognition' }: SavedTask, container: Container): TaskDefinition {
  const found = container.all('tasks').find(([id]) => id === task)
  if (found !== undefined) return found[1]
  throw inputError(
    'model.task',
    `the model is for the task '${task}', which is none of ${container
      .all('tasks')
      .map(([id]) => id)
      .join(', ')}: name the plugin that has it (--plugin)`,
  )
}
