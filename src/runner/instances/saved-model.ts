import { join } from 'node:path'
import { cacheFolder } from '../../common/cache-folder.ts'
import { inputError } from '../../common/error.ts'
import type { SkippedClip } from '../../data/clip-cache.ts'
import type { ClipValues } from '../../data/clip-values.ts'
import type { Clip, Dataset, Item } from '../../data/dataset.ts'
import { loadDataset } from '../../data/load.ts'
import { isMemory, type Memory } from '../../data/memory.ts'
import { type ClipFormat, openSource } from '../../data/open-source.ts'
import { type EngineOptions, startEngine } from '../../models/engine.ts'
import { loadModel } from '../../models/load.ts'
import { Network } from '../../models/network.ts'
import { isSequenceModel } from '../../models/sequence-model.ts'
import type { Outputs, TaskDefinition } from '../../models/tasks/task.ts'
import { tf } from '../../models/tf.ts'
import type { Clock } from '../play/roles.ts'
import type { Container } from '../plugins/container.ts'
import { containerOf } from '../plugins/load-plugins.ts'
import type { Plugin } from '../plugins/plugin.ts'
import type { OnEvent } from '../runs/events.ts'
import { withoutBroken } from './clips.ts'
import { refuseOtherFiles } from './clips-at-hand.ts'
import { type EvaluatedClips, type EvaluatedSplit, evaluatedClips } from './evaluated-clips.ts'
import { piecesOf, type SavedTask, savedFacts, stratumOf } from './task.ts'

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
  /** Takes files that can't be read, which are left out then; without it the first one is an error. */
  readonly onBroken?: (file: BrokenFile) => void
}

export interface BrokenFile {
  readonly path: string
  readonly reason: string
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

/** What a model saved by layergym says about its clips. */
interface Metadata extends SavedTask, ClipFormat {
  readonly seed: number
  readonly groupColumn?: string | null
  readonly skipBroken?: boolean
  /** Models of earlier versions have none. */
  readonly memory?: Memory
}

const BATCH = 16

export type OpenModel = Awaited<ReturnType<typeof openModel>>

/** A model of a fine-tuning run, ready to be applied; `close` it. */
export async function openModel(path: string, options: ApplyOptions) {
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
  const dir = join(options.cache ?? cacheFolder(), 'clips')
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
  const apply = (pixels: ClipValues, clips: number, use: (outputs: Outputs) => void) => {
    const input = network.input(pixels, clips)
    const output = network.forward(input, clips)
    use(network.outputs(output))
    tf.dispose([input, output])
  }
  return {
    task,
    /** What the network sees of a clip. */
    format: metadata as ClipFormat,
    /** Whether a file is several clips to it. */
    inPieces: definition.pieces !== undefined,
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
    /**
     * Hands outputs on, batch by batch, with the clips that they are of; they are gone afterwards.
     * @returns clips that can't be decoded, where those are left out
     */
    async run(
      clips: readonly Clip[],
      use: (outputs: Outputs, items: readonly Item[]) => void,
      skipBroken = false,
    ): Promise<readonly SkippedClip[]> {
      const { skipped } = await prepare(clips, skipBroken)
      const leftOut = new Set(skipped.map(({ clip }) => clip))
      const whole = clips.filter(clip => !leftOut.has(clip))
      for (let from = 0; from < whole.length; from += BATCH) {
        const batch = whole.slice(from, from + BATCH)
        const { pixels, items } = source.see(batch, 'uniform')
        apply(pixels, batch.length, outputs => use(outputs, items))
      }
      return skipped
    },
    /** What it says of clips at hand. @param pixels uint8 [B, T, H, W, C] */
    predict(pixels: Uint8Array, clips: number): readonly unknown[] {
      let predictions: readonly unknown[] = []
      apply(pixels, clips, outputs => {
        predictions = task.predict(outputs)
      })
      return predictions
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
