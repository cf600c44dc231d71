/**
 * The fine-tuning step, compiled and eager, beside PyTorch's on the same networks, batches and optimizer; then, of compiled
 * steps, what compiling, frozen prefixes, a decision's statistics, snapshots, memory and feeding cost. Rounds of all
 * candidates alternate, and medians of rounds are compared, so that what else the machine does falls on all alike.
 *   LAYERGYM_PYTHON=path/to/python npm run bench -- step [--rows NAME,NAME…] [--rounds N] [--steps N] [--tensorflow] [--cuda] [--tf32]
 * LAYERGYM_MODELS names a folder with networks that don't ship, LAYERGYM_TENSORFLOW_PYTHON a Python that has TensorFlow.
 * --cuda: PyTorch on the card too, in full float32 unless --tf32 (TensorFlow's own: NVIDIA_TF32_OVERRIDE=0 or 1).
 * Two threads, or TF_NUM_INTRAOP_THREADS. On a machine that is busy one thread is the fairer measure: two wait
 * for each other, PyTorch's by spinning, and lose far more than their share.
 */
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { startEngine } from '../src/models/engine.ts'
import { againstPeers } from './support/step/against-peers.ts'
import { compiling, decisions, evaluations, frozenPrefixes, snapshots } from './support/step/costs.ts'
import { feeding } from './support/step/feeding.ts'
import { host } from './support/step/host.ts'
import { resident } from './support/step/resident.ts'
import { STEP_ROWS } from './support/step/row.ts'
import { shares } from './support/step/shares.ts'
import { tensorflowVersion, torchVersion } from './support/torch.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '4' },
    tensorflow: { type: 'boolean', default: false },
    cuda: { type: 'boolean', default: false },
    tf32: { type: 'boolean', default: false },
  },
})
const threads = Number(process.env.TF_NUM_INTRAOP_THREADS) || 2
const effort = { rounds: Number(values.rounds), steps: Number(values.steps) }

/** What isn't a step beside a peer's. */
const COSTS: Readonly<Record<string, () => string | Promise<string>>> = {
  compiling: () => compiling(effort),
  prefixes: () => frozenPrefixes(effort),
  decisions: () => decisions(effort),
  evaluations: () => evaluations(effort),
  snapshots,
  parameters: () => shares(effort.rounds, effort.steps),
  resident: () => resident(['mobilenet-64', 'mobilenet-96-train', 'resnet20'], threads),
  feeding: () => feeding(effort.rounds, effort.steps),
  host: () => host(['mobilenet-64', 'mobilenet-64-train', 'mobilenet-96'], peers),
}

const known = [...Object.keys(STEP_ROWS), ...Object.keys(COSTS)]
const wanted = values.rows?.split(',') ?? known
const unknown = wanted.filter(name => !known.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`step: no rows ${unknown.join(', ')}: there are ${known.join(', ')}\n`)
  process.exit(2)
}

const engine = await startEngine({ threads })
const torch = torchVersion()
const tensorflow = values.tensorflow ? tensorflowVersion() : undefined
say(
  `${Object.entries(engine.versions)
    .map(entry => entry.join(' '))
    .join(', ')}; torch ${torch ?? 'missing'}; TensorFlow in Python ${tensorflow ?? 'not asked'}; ` +
    `engine ${engine.name}, ${threads} threads of ${availableParallelism()} cores (${cpus()[0]?.model}), load ${loadavg()[0].toFixed(1)}\n`,
)
const peers = {
  ...{ torch: torch !== undefined, tensorflow: tensorflow !== undefined, threads, ...effort },
  peer: { device: values.cuda ? ('cuda' as const) : ('cpu' as const), tf32: values.tf32 },
}
const steps = wanted.filter(name => name in STEP_ROWS)
if (steps.length > 0) say(await againstPeers(steps, peers))
for (const name of wanted) if (name in COSTS) say(await COSTS[name]())
say(`load at the end ${loadavg()[0].toFixed(1)}`)

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
