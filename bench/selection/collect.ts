/**
 * Fine-tunes three networks on eight data sets in some twenty ways each, and keeps what every clip of the reward and the test
 * split was given after every round: for finding out which quantity of the reward split says which setting is best on
 * test. The one place where test is read before anything was chosen: nothing is chosen here.
 *   nice npx tsx bench/selection/collect.ts FOLDER_OF_DATA_SETS [pair]...      resumes; into runs/selection
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { concatenated } from '../../src/common/arrays.ts'
import { Rng } from '../../src/common/random.ts'
import { parseConfig } from '../../src/common/settings.ts'
import type { Clip } from '../../src/data/dataset.ts'
import { rateLimits, settingsOf } from '../../src/envs/finetune/actions.ts'
import { SHAPES } from '../../src/envs/finetune/shape.ts'
import {
  type ClassFacts,
  type ClassPrediction,
  classification,
} from '../../src/models/tasks/classification.ts'
import type { TaskDefinition } from '../../src/models/tasks/task.ts'
import { tf } from '../../src/models/tf.ts'
import { compose } from '../../src/runner/instances/compose.ts'
import { fineTuneSchema } from '../../src/runner/instances/config.ts'
import type { Composition } from '../../src/runner/instances/instance.ts'
import type { Plugin } from '../../src/runner/plugins/plugin.ts'
import { DATASETS } from './data.ts'
import { COSTLY, RANDOM_RATES, SETTINGS, type Setting } from './settings.ts'

const NETWORKS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'MobileNetV2 0.35': { model: 'models/mobilenet_v2_035_224_tm', size: 64 },
  'ResNet-20': { model: 'models/resnet20_cifar10', size: 32 },
  'tiny face detector': { model: 'models/tiny_face_detector', size: 64 },
}
const SLOWEST = 'MobileNetV2 0.35'
const OUT = 'runs/selection'
const RAW = `${OUT}/raw.jsonl`
const GROUPS = 4
const ROUNDS = 5
/** Where features of trained backbones are kept, for heads by cross-validation. */
const BACKBONES_OF = ['CIFAR-10', 'steering']
/** Nothing counts as diverged but what isn't finite: what a bound of 3 ln C would have ended is a question here. */
const UNBOUNDED = 3 * Math.log(1e6)
const LABELS = classification('unbounded', 'one label a clip, and losses as high as they come')
const TASKS: Plugin = {
  tasks: {
    unbounded: {
      ...LABELS,
      create: facts => Object.assign(LABELS.create(facts as ClassFacts), { worst: UNBOUNDED }),
    } as TaskDefinition,
  },
}

interface Key {
  readonly data: string
  readonly network: string
  readonly setting?: string
}

const [root, ...wanted] = process.argv.slice(2)
mkdirSync(OUT, { recursive: true })
const done = new Set(
  existsSync(RAW)
    ? readFileSync(RAW, 'utf8')
        .trim()
        .split('\n')
        .map(line => keyOf(JSON.parse(line)))
    : [],
)
for (const data of Object.keys(DATASETS)) {
  for (const network of Object.keys(NETWORKS)) {
    if (wanted.length > 0 && !wanted.includes(`${data} ${network}`)) continue
    await collect(data, network)
  }
}

async function collect(data: string, network: string): Promise<void> {
  const todo = SETTINGS.filter(
    ({ name }) =>
      !done.has(keyOf({ data, network, setting: name })) && !(network === SLOWEST && COSTLY.includes(name)),
  )
  if (todo.length === 0) return
  const started = performance.now()
  const config = parseConfig(fineTuneSchema, {
    data: root,
    frames: DATASETS[data].frames,
    task: 'unbounded',
    groups: GROUPS,
    threads: 1,
    episodes: 0,
    ...NETWORKS[network],
  })
  const hooks = {
    ...{ signal: new AbortController().signal, clock: () => performance.now() },
    onEvent: () => undefined,
  }
  const composition = await compose(
    config,
    { dataset: await DATASETS[data].load(root), plugins: [TASKS] },
    hooks,
  )
  const { splits } = composition
  if (!done.has(keyOf({ data, network }))) {
    const { trainee } = composition.worlds[0].options
    gram(
      composition,
      [...splits.train, ...splits.probe, ...splits.reward, ...splits.test],
      'frozen',
      data,
      network,
    )
    const labels = (clips: readonly Clip[]) => clips.map(clip => trainee.task.target(clip))
    const groups = (clips: readonly Clip[]) => clips.map(clip => clip.group ?? clip.id)
    const each = <T>(of: (clips: readonly Clip[]) => T) =>
      Object.fromEntries(
        (['train', 'probe', 'reward', 'test'] as const).map(name => [name, of(splits[name])]),
      )
    write({
      data,
      network,
      classes: composition.dataset.classes.length,
      labels: each(labels),
      groups: each(groups),
    })
  }
  console.log(`${data}, ${network}: ready after ${seconds(started)} s`)
  for (const setting of todo) await play(composition, setting, data, network)
  composition.dispose()
}

async function play(composition: Composition, setting: Setting, data: string, network: string) {
  const started = performance.now()
  const { splits } = composition
  const roundSteps = setting.steps / ROUNDS
  const { trainee } = composition.worlds[0].options
  const world = composition.variant({
    probed: false,
    // Both splits are looked at below; once is enough.
    splits: { ...splits, reward: splits.reward.slice(0, 1) },
    budgetSteps: setting.steps,
    budgetFlops: Number.POSITIVE_INFINITY,
    roundSteps,
    shape: SHAPES[setting.shape],
  })
  await world.reset(setting.seed)
  const rng = Rng.of(setting.seed, 'random rates')
  const rounds: { reward: string; test: string; trainLoss: number }[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const rates =
      setting.rates ?? Array.from({ length: GROUPS }, () => RANDOM_RATES[rng.int(RANDOM_RATES.length)])
    const { terminated, diverged, trainLoss } = await world.train(settingsOf(rates, rateLimits(1e-3)))
    if (diverged) break
    const [reward, test] = [splits.reward, splits.test].map(clips =>
      packed(
        concatenated(trainee.evaluate(clips).predictions.map(one => (one as ClassPrediction).probabilities)),
      ),
    )
    rounds.push({ reward, test, trainLoss })
    if (terminated) break
  }
  const moved = setting.rates?.slice(0, -1).every(rate => rate === 0) ? 'frozen' : setting.name
  if (BACKBONES_OF.includes(data) && moved !== 'frozen' && rounds.length === ROUNDS)
    gram(composition, [...splits.train, ...splits.probe, ...splits.reward], moved, data, network)
  write({ data, network, setting: setting.name, rounds })
  const last = rounds.at(-1)
  console.log(
    `  ${setting.name}: ${rounds.length} rounds, train ${last?.trainLoss.toFixed(2)}, ${seconds(started)} s`,
  )
}

/** Inner products of what enters the head, standardised over the clips: all that linear heads need. */
function gram(composition: Composition, clips: readonly Clip[], name: string, data: string, network: string) {
  const { trainee } = composition.worlds[0].options
  const values = tf.tidy(() => {
    const features = tf.tensor1d(trainee.headInputs(clips)).reshape([clips.length, -1])
    const { mean, variance } = tf.moments(features, 0)
    const floor = variance.mean().mul(0.01).add(1e-12)
    const scaled = features
      .sub(mean)
      .div(variance.maximum(floor).sqrt())
      .div(Math.sqrt(features.shape[1] ?? 1))
    return tf.matMul(scaled, scaled, false, true).dataSync() as Float32Array
  })
  mkdirSync(`${OUT}/gram`, { recursive: true })
  writeFileSync(`${OUT}/gram/${[data, network, name].join('-')}.f32`, values)
}

/** Probabilities as thousandths of nats, [clips · C] uint16. */
function packed(probabilities: Float32Array): string {
  const thousandths = Uint16Array.from(probabilities, p => Math.round(-1000 * Math.log(Math.max(p, 1e-28))))
  return Buffer.from(thousandths.buffer).toString('base64')
}

function write(row: Key & Record<string, unknown>): void {
  appendFileSync(RAW, `${JSON.stringify(row)}\n`)
  done.add(keyOf(row))
}

function keyOf({ data, network, setting = '' }: Key): string {
  return [data, network, setting].join('|')
}

function seconds(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(1)
}
