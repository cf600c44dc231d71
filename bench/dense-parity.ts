/**
 * Full fine-tuning of a detector or a segmenter against a PyTorch script of the same network, head, loss, pictures and
 * steps: three seeds (from --first-seed on), from heads and on batches that PyTorch draws itself, then, as often as
 * --same-starts says, from and on ours; and the compiled step's time, rounds of both taking turns. One JSON line a check, a
 * run and the times, for docs/results/raw.
 *
 *   npx tsx bench/dense-parity.ts --task object-detection --data FOLDER --size 224 > FILE
 *   npx tsx bench/dense-parity.ts --task scene-segmentation --data FOLDER --size 160x224 >> FILE
 *
 * Figures are of the last step, so that no choice among rounds is compared.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BASELINES } from '../src/agents/schedules/baselines.ts'
import { Rng } from '../src/common/random.ts'
import { parseConfig } from '../src/common/settings.ts'
import { mean } from '../src/common/statistics.ts'
import { BatchOrder } from '../src/envs/finetune/batches.ts'
import { compose } from '../src/runner/instances/compose.ts'
import { fineTuneSchema } from '../src/runner/instances/config.ts'
import { runSchedule } from '../src/runner/instances/schedule-runs.ts'
import { times } from './support/measure.ts'
import { torchVersion } from './support/torch.ts'
import {
  DENSE_SCRIPT,
  type DenseFigures,
  type DenseRun,
  startDensePeer,
  startOf,
  writeForDensePeer,
} from './support/torch-dense.ts'
import { batchesOf, peerLines, writeWeights } from './support/torch-finetune.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const RATES = { rate: 3e-4, headRate: 3e-3 }
const TRAINED = 'trained'
const ROUNDS = 5
const ROUND_STEPS = 3
const clock = () => performance.now()

const { values } = parseArgs({
  options: {
    task: { type: 'string', default: 'object-detection' },
    data: { type: 'string' },
    size: { type: 'string', default: '224' },
    seeds: { type: 'string', default: '3' },
    'first-seed': { type: 'string', default: '1' },
    steps: { type: 'string', default: '240' },
    'same-starts': { type: 'string', default: '3' },
  },
})
const FIRST = Number(values['first-seed'])
if (values.data === undefined) throw new Error('--data: a folder of annotated pictures')
const data = basename(values.data)
const folder = mkdtempSync(join(tmpdir(), 'layergym-dense-'))
const composition = await compose(
  parseConfig(fineTuneSchema, {
    ...{ model: join(ROOT, 'models/mobilenet_v2_035_224_tm'), data: values.data, task: values.task },
    ...{ size: values.size, batchSize: 8, budgetSteps: Number(values.steps), threads: 1, episodes: 0 },
    ...{ baselines: ['fullFineTune'], executor: 'compiled' },
  }),
  {},
  {
    ...{ signal: new AbortController().signal, clock },
    onEvent: event => event.type === 'notice' && process.stderr.write(`${event.message}\n`),
  },
)
const { trainee } = composition.worlds[0].options
try {
  const runs: DenseRun[] = []
  const drawn: DenseFigures[] = []
  for (let seed = FIRST; seed < FIRST + Number(values.seeds); seed++) {
    const { run, own } = await fineTune(seed)
    runs.push(run)
    drawn.push(own)
  }
  if (torchVersion() !== undefined) await besidePeer(runs, drawn[0])
} finally {
  composition.dispose()
  rmSync(folder, { recursive: true })
}

async function fineTune(seed: number) {
  const trial = { ...RATES, length: 1 }
  const { run } = await runSchedule(BASELINES.fullFineTune, trial, seed, { composition, clock, test: false })
  const own = figures()
  if (seed === FIRST) writeWeights(join(folder, TRAINED), trainee, trainee.read())
  const steps = run.curve.at(-1)?.step ?? 0
  put({ engine: 'layergym', seed, steps, rate: RATES.rate, ...own, seconds: Math.round(run.seconds) })
  return { run: { seed, ...RATES, steps }, own }
}

/** Of the weights that are in the network now, on the test split, by the names that the peer gives them. */
function figures(): DenseFigures {
  const outcomes = trainee.evaluate(composition.splits.test)
  const { primary, parts } = trainee.task.score(outcomes)
  const loss = mean(outcomes.losses)
  return values.task === 'object-detection'
    ? { loss, map: primary, ap50: parts.ap50 }
    : { loss, miou: primary, accuracy: parts.pixelAccuracy }
}

async function besidePeer(runs: readonly DenseRun[], ofTrained: DenseFigures): Promise<void> {
  const alike: DenseRun[] = []
  await writeStart(1)
  for (const run of runs.slice(0, Number(values['same-starts']))) {
    await writeStart(run.seed)
    const batches = batchesOf(composition, run.seed, run.steps)
    alike.push({ ...run, start: startOf(run.seed), batches })
  }
  const trained = { weights: TRAINED, figures: ofTrained }
  await writeForDensePeer(folder, composition, { data, runs: [...runs, ...alike], trained })
  await stepTimes()
  for await (const line of peerLines(folder, DENSE_SCRIPT)) process.stdout.write(`${line}\n`)
}

/** The weights that a seed's run begins with; those of seed 1 are what the first steps are checked from. */
async function writeStart(seed: number): Promise<void> {
  await composition.variant({ probed: false }).reset(seed)
  writeWeights(join(folder, startOf(seed)), trainee, trainee.read())
}

/** Whole steps in turns, both from pictures that lie in memory; the peer has its targets ready, ours makes them. */
async function stepTimes(): Promise<void> {
  await composition.variant({ probed: false }).reset(1)
  const rates = trainee.network.groups.map((_, group, all) => (group < all.length - 1 ? 1e-4 : 1e-3))
  const order = new BatchOrder(composition.splits.train, Rng.of(1, 'order'))
  const dropout = Rng.of(1, 'dropout')
  const { batchSize } = composition.worlds[0].options
  const ours = () => times(ROUND_STEPS, () => trainee.step(order.next(batchSize), rates, dropout))
  const peer = startDensePeer(folder)
  const rounds: { ours: readonly number[]; theirs: readonly number[] }[] = []
  for (let round = 0; round <= ROUNDS; round++)
    rounds.push({ ours: ours(), theirs: await peer.times(ROUND_STEPS) })
  peer.stop()
  const machine = { cores: availableParallelism(), load: Math.round(loadavg()[0]) }
  // The first round warms both up.
  const { versions } = composition.engine
  put({
    check: 'times',
    executor: composition.config.executor,
    versions,
    ...machine,
    rounds: rounds.slice(1),
  })
}

function put(line: object): void {
  process.stdout.write(`${JSON.stringify({ data, ...line })}\n`)
}
