import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '../../common/cache-folder.ts'
import { describeAugmentation } from '../../data/augment/config.ts'
import { type Clip, type Dataset, isAnnotated } from '../../data/dataset.ts'
import { loadDataset } from '../../data/load.ts'
import { openSource } from '../../data/open-source.ts'
import { splitDataset } from '../../data/split.ts'
import { describeDataset } from '../../data/summary/words.ts'
import type { FineTuningOptions } from '../../envs/finetune/world-state.ts'
import { startEngine } from '../../models/engine.ts'
import { EXECUTOR_BY_NAME } from '../../models/executors.ts'
import { flattenModel } from '../../models/graph.ts'
import { standardiseFeatures } from '../../models/head.ts'
import { readWeights } from '../../models/initialize.ts'
import { hasLinearHead } from '../../models/linear-probe.ts'
import { type LoadedModel, loadModel } from '../../models/load.ts'
import type { Network } from '../../models/network.ts'
import { isSequenceModel } from '../../models/sequence-model.ts'
import { refuseUntrainable } from '../../models/trainable.ts'
import { Trainee } from '../../models/trainee.ts'
import type { Clock } from '../play/roles.ts'
import { containerOf } from '../plugins/load-plugins.ts'
import type { OnEvent } from '../runs/events.ts'
import { augmentationOf, augmentedBy } from './augmentation.ts'
import { checkBatch, describeSplits, inBatches, withoutBroken } from './clips.ts'
import { frameRateFor, refuseOtherFiles, refusePixelSettings } from './clips-at-hand.ts'
import { type FineTuneConfig, isSolvable, type WholeConfig, withBaselines, withFormat } from './config.ts'
import { createAgents } from './create-agents.ts'
import { executorFor } from './executor.ts'
import type { Composition, Parts } from './instance.ts'
import { memoryAfter } from './memory-after.ts'
import { isOurs } from './model-metadata.ts'
import {
  buildNetwork,
  chooseScaling,
  type InputFormat,
  inputFormat,
  isVideoModel,
  stridesOffered,
} from './network.ts'
import { solveProbe } from './probe.ts'
import { headContinues, makeTask, piecesOf, refuseUnsolvable, type SavedTask, stratumOf } from './task.ts'
import { MEGABYTE, refuseMistakes, stagesOf, worldsFor } from './worlds.ts'

interface ComposeHooks {
  /** Bytes for activations of frozen prefixes; default: a gigabyte. */
  readonly cacheBytes?: number
  /** Milliseconds since 1970. */
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onEvent: OnEvent
  readonly onStep?: (step: number) => void
}

const DEFAULT_GROUPS = 4
/** Rows of a sequence are cheap beside frames, and say less each. */
const SEQUENCES = { defaults: { frames: 32 } }

export async function compose(
  wanted: FineTuneConfig,
  parts: Parts,
  hooks: ComposeHooks,
): Promise<Composition> {
  const notice = (message: string) => hooks.onEvent({ type: 'notice', message })
  const container = await containerOf(wanted.plugin, parts.plugins)
  refuseMistakes(wanted, parts, container)
  const definition = container.get('tasks', wanted.task)
  const files =
    parts.dataset ??
    (await loadDataset(wanted.data, {
      groupColumn: wanted.groupColumn,
      skipBroken: wanted.skipBroken,
      signal: hooks.signal,
    }))
  definition.check(files)
  if (isAnnotated(files)) for (const line of describeDataset(files)) notice(line)
  const { frames } = withFormat(wanted, definition)
  const given = await piecesOf(files, definition, { frames, signal: hooks.signal })
  // Split before the long work begins, so that data that can't be split says so at once.
  const split = (of: Dataset) => splitDataset(of, { seed: wanted.seed, stratum: stratumOf(definition, of) })
  const givenSplit = split(given)
  checkBatch(givenSplit.splits, wanted)
  const engine = await startEngine({ engine: wanted.engine, threads: wanted.threads, onNotice: notice })
  const loaded = parts.model ? undefined : await loadModel(wanted.model)
  const pretrained = parts.model ?? (loaded as LoadedModel).model
  const sequences = isSequenceModel(pretrained)
  const asked = withFormat(wanted, sequences ? SEQUENCES : definition)
  refuseOtherFiles(given.clips, sequences)
  const augmentation = augmentationOf(asked, definition)
  if (sequences) refusePixelSettings(asked, augmentation)
  const format = inputFormat(pretrained, asked, definition.defaults?.side)
  const seen = { ...format, fit: asked.fit, strides: stridesOffered(pretrained) }
  const expected = makeTask(definition, given, givenSplit.splits.train, seen, asked)
  // Bits depend on engine and threads: recorded, and set again by resume.
  const config = withBaselines({ ...asked, engine: engine.name, threads: engine.threads }, expected.task)
  refuseMistakes(config, parts, container)
  refuseUnsolvable(config, expected.task, container)
  const saved = loaded?.metadata.layergym as SavedTask | undefined
  const keepHead = headContinues(saved, config.task, definition, expected.facts)
  const plan = {
    output: expected.task.head,
    format,
    head: parts.head ?? container.get('heads', config.head).head,
    keepHead,
    groups:
      parts.groups ?? (config.groups === undefined ? { atMost: DEFAULT_GROUPS } : { count: config.groups }),
    seed: config.seed,
  }
  // Whether it can be built, cut and trained is known before the clips are decoded; the scaling only after.
  if (isVideoModel(pretrained)) refuseUntrainable(flattenModel(pretrained), engine.name)
  else {
    const trial = buildNetwork(pretrained, { ...plan, scaling: undefined })
    refuseUntrainable(trial.graph, engine.name)
    trial.model.dispose()
  }
  const frameRate = await frameRateFor(given.clips, format, { sequences, signal: hooks.signal })
  const source = openSource(
    { ...format, fit: config.fit, frameRate },
    { dir: join(config.cache ?? cacheFolder(), 'clips'), clock: hooks.clock, onNotice: notice },
  )
  const { skipped } = await source.prepare(given.clips, {
    signal: hooks.signal,
    concurrency: availableParallelism(),
    skipBroken: config.skipBroken,
    onProgress: ({ done, total }) => hooks.onEvent({ type: 'clips', done, total }),
  })
  const dataset = withoutBroken(given, skipped)
  for (const { path, reason } of dataset.skipped) notice(`left out ${path}: ${reason}`)
  const { splits, warnings } = dataset === given ? givenSplit : split(dataset)
  for (const warning of warnings) notice(warning)
  notice(describeSplits(dataset, splits))
  const memory = await memoryAfter(splits, loaded?.metadata ?? pretrained.getUserDefinedMetadata(), notice)
  const pixels = (batch: readonly Clip[]) => source.batch(batch, 'uniform')
  const items = isAnnotated(dataset) ? source.items : undefined
  const augmented = augmentedBy(augmentation, source)
  const said = describeAugmentation(augmentation)
  if (said !== undefined) notice(said)
  const scaling =
    isOurs(loaded, pretrained) || source.kind === 'sequences'
      ? undefined
      : chooseScaling(
          pretrained,
          config.scaling,
          framesOf(source.batch(splits.train.slice(0, 8), 'uniform'), format),
          notice,
        )
  const { task, facts, notes } = makeTask(definition, dataset, splits.train, seen, config)
  for (const note of notes) notice(note)
  const { cacheBytes = 1024 * MEGABYTE } = hooks
  const batches = [splits.train, splits.probe, splits.reward, splits.test].flatMap(inBatches)
  const { create: optimizer } = container.get('optimizers', config.optimizer)
  const executorOn = once((network: Network) =>
    executorFor(config, { network, optimizer, task }, { clips: splits.train, pixels, items, notice }),
  )
  const traineeFor = (own: typeof plan) => {
    const network = buildNetwork(pretrained, { ...own, scaling })
    standardiseFeatures(network, inBatches(splits.train), pixels)
    const executor = EXECUTOR_BY_NAME[executorOn(network)]
    const options = { network, optimizer, pixels, items, augmented, task, executor }
    return new Trainee({ ...options, cacheBytes, batches }, readWeights(network))
  }
  const trainees = Array.from({ length: Math.min(config.workers, Math.max(1, config.episodes)) }, () =>
    traineeFor(plan),
  )
  const shared = !isSolvable(task) || hasLinearHead(trainees[0].network, task.head.units)
  const linear = once(() =>
    shared ? trainees[0] : traineeFor({ ...plan, head: 'linear', keepHead: false, groups: { atMost: 2 } }),
  )
  const probe = once((clock: Clock) => {
    const options = { splits, keepHead: false, signal: hooks.signal }
    const world = worldsFor(config, parts, container, options)(linear(), { probed: false })
    return solveProbe(world, { clock, shared })
  })
  const composed = (own: WholeConfig, from: Partial<FineTuningOptions<unknown>> = {}): Composition => {
    const on = worldsFor(own, parts, container, {
      splits,
      keepHead,
      balancedBatches: config.balance === 'sampling',
      signal: hooks.signal,
      onStep: hooks.onStep,
    })
    const worlds = trainees.map(trainee => on(trainee, { ...stagesOf(own), ...from }))
    const [world] = worlds
    return {
      config: own,
      engine,
      container,
      dataset,
      splits,
      format,
      frameRate,
      scaling,
      task,
      facts,
      pixels,
      memory,
      worlds,
      get linear() {
        return on(linear(), { probed: false })
      },
      probe,
      variant: options => on(world.options.trainee, { ...from, ...options }),
      derive(overrides, start = from) {
        const derived = { ...own, ...overrides }
        refuseMistakes(derived, parts, container)
        return composed(derived, start)
      },
      createAgents: () => createAgents(own, parts, container, world),
      close: () => source.close(),
      dispose() {
        source.close()
        const models = new Set(trainees.map(({ network }) => network.model))
        if (parts.model === undefined) models.add(pretrained)
        for (const model of models) model.dispose()
      },
    }
  }
  return composed({ ...config, executor: executorOn(trainees[0].network) })
}

/** Made at the first call, with what that one was given. */
function once<A extends readonly unknown[], T>(make: (...given: A) => T): (...given: A) => T {
  let made: { readonly value: T } | undefined
  return (...given) => {
    made ??= { value: make(...given) }
    return made.value
  }
}

function framesOf(data: Uint8Array, { size: [height, width], channels }: InputFormat) {
  return { data, shape: [data.length / (height * width * channels), height, width, channels] as const }
}
