/**
 * Full fine-tuning against a PyTorch script of the same network, clips and steps, the linear probe against scikit-learn:
 * MobileNetV2 0.35, five seeds, two lengths, two rates; PyTorch on batches that it draws, and on ours. One JSON line a
 * check and a run, for docs/results/raw.
 *
 *   npx tsx bench/finetune-parity.ts [--data MANIFEST] [--seeds 5] > docs/results/raw/torch-parity.jsonl
 *
 * Figures are of the last step, so that no choice among rounds is compared; those of the best round stand beside.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { BASELINES } from '../src/agents/schedules/baselines.ts'
import { parseConfig } from '../src/common/settings.ts'
import { linearProbe } from '../src/models/linear-probe.ts'
import { compose } from '../src/runner/instances/compose.ts'
import { fineTuneSchema } from '../src/runner/instances/config.ts'
import { runSchedule } from '../src/runner/instances/schedule-runs.ts'
import { testScore } from '../src/runner/instances/test-scores.ts'
import { torchVersion } from './support/torch.ts'
import { type PeerRun, peerLines, writeForPeer } from './support/torch-finetune.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const RATES = [3.3e-5, 1e-4]
const STEPS = 120
/** Shares of those steps that a run is long. */
const LENGTHS = [0.5, 1]
const clock = () => performance.now()

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: join(ROOT, 'data/grid_command/labels.csv') },
    seeds: { type: 'string', default: '5' },
  },
})
const folder = mkdtempSync(join(tmpdir(), 'layergym-parity-'))
const composition = await compose(
  parseConfig(fineTuneSchema, {
    ...{ model: join(ROOT, 'models/mobilenet_v2_035_224_tm'), data: values.data },
    ...{ size: 48, frames: 6, batchSize: 16, budgetSteps: STEPS, threads: 1, episodes: 0 },
  }),
  {},
  {
    ...{ signal: new AbortController().signal, clock },
    onEvent: () => undefined,
  },
)
const data = basename(dirname(values.data)) + suffix(basename(values.data, '.csv'))
try {
  const runs: PeerRun[] = []
  for (const line of await probes()) put(line)
  for (let seed = 1; seed <= Number(values.seeds); seed++) {
    for (const rate of RATES) {
      for (const length of LENGTHS) {
        const { line, run } = await fineTune(seed, rate, length)
        put(line)
        runs.push(run)
      }
    }
  }
  if (torchVersion() !== undefined) {
    await writeForPeer(folder, composition, { data, runs })
    for await (const line of peerLines(folder)) process.stdout.write(`${line}\n`)
  }
} finally {
  composition.dispose()
  rmSync(folder, { recursive: true })
}

async function fineTune(seed: number, rate: number, length: number) {
  const schedule = BASELINES.fullFineTune
  const trial = { rate, headRate: 10 * rate, length }
  const { run, weights } = await runSchedule(schedule, trial, seed, { composition, clock, test: false })
  const last = figures()
  const { trainee, roundSteps } = composition.worlds[0].options
  trainee.assign(weights)
  const steps = run.curve.at(-1)?.step ?? 0
  return {
    line: {
      ...{ engine: 'layergym', schedule: 'fullFineTune', seed, rate, steps, ...last },
      ...{ bestAccuracy: figures().accuracy, seconds: Math.round(run.seconds) },
    },
    run: { seed, rate, headRate: trial.headRate, steps, roundSteps },
  }
}

/** The linear probe under every strength of L2, and which one is chosen. */
async function probes() {
  const chosen = await composition.probe(clock)
  const { trainee, splits } = composition.linear.options
  const base = trainee.read()
  return Array.from(linearProbe(trainee, splits.train), ({ weights, l2 }) => {
    trainee.assign({ ...base, ...weights })
    return { engine: 'layergym', schedule: 'linearProbe', l2, chosen: l2 === chosen.l2, ...figures() }
  })
}

/** Of the weights that are in the network now, on the test split. */
function figures() {
  const { trainee } = composition.worlds[0].options
  const { primary, loss } = testScore(trainee.task, trainee.evaluate(composition.splits.test))
  return { accuracy: primary, loss }
}

function put(line: object): void {
  process.stdout.write(`${JSON.stringify({ data, ...line })}\n`)
}

/** A folder may have a manifest a task. */
function suffix(manifest: string): string {
  return manifest === 'labels' ? '' : `/${manifest}`
}
