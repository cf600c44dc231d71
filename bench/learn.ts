/**
 * Learning beside others who learn the same: environments, rollout, epochs, minibatches, networks, optimizer. Every figure is
 * of a process of its own, pinned to one core or two; rounds alternate, and medians are compared. Compiling is told apart. Each
 * measurement is a line of JSON on stderr.
 *   LAYERGYM_PYTHON=path/to/python npm run bench -- learn [--rounds N] [--only WORDS]
 * Packages, all from PyPI: torch gymnasium stable-baselines3 sb3-contrib jax gymnax rejax
 */
import { availableParallelism, cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { median } from '../src/common/quantile.ts'
import { table } from './support/measure.ts'
import { type Cores, compiledPeer, layergym, type Measured, torchPeer, versionsOf } from './support/rivals.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, only: { type: 'string', default: '' } },
})
const torch = versionsOf(['torch', 'gymnasium', 'stable-baselines3', 'sb3-contrib'])
const compiled = versionsOf(['jax', 'gymnax', 'rejax'])

/** One figure, of whoever learns. */
type Contender = (cores: Cores) => Measured

type By = 'steps/s' | 'seconds, cold' | 'seconds, warm'

interface Row {
  readonly what: string
  /** What of a process is compared; default: steps a second. */
  readonly by?: readonly By[]
  readonly ours: Contender
  readonly peers: Readonly<Record<string, Contender>>
}

const train = (env: string, agent: string, preset: string, steps: number, more: readonly string[] = []) => [
  ...['train', '--env', env, '--agent', agent, '--agent-config', JSON.stringify({ preset })],
  ...['--steps', String(steps), '--eval-episodes', '0', ...more],
]
const cleanrl = (agent: string, steps: number, more: readonly string[] = []) =>
  train('CartPole-v1', agent, 'cleanrl', steps, more)
const tenSeeds = [
  ...[
    'benchmark',
    '--env',
    'CartPole-v1',
    '--agents',
    'ppo',
    '--agent-configs',
    '{"ppo":{"preset":"cleanrl"}}',
  ],
  // A comparison needs a greedy episode.
  ...['--steps', '100000', '--seeds', '10', '--eval-episodes', '1'],
]
const sb3 =
  (algorithm: string, steps: number): Contender =>
  cores =>
    torchPeer(cores, 'stable-baselines3', algorithm, steps)
const ifCompiled = (peers: Readonly<Record<string, Contender>>) => (compiled === undefined ? {} : peers)
const ifTorch = (peers: Readonly<Record<string, Contender>>) => (torch === undefined ? {} : peers)

const ROWS: readonly Row[] = [
  {
    what: "PPO, CleanRL's recipe, 500,000 steps",
    ours: cores => layergym(cores, cleanrl('ppo', 500_000)),
    peers: {
      ...ifCompiled({
        PureJaxRL: cores => compiledPeer(cores, 'ppo', 500_000),
        rejax: cores => compiledPeer(cores, 'rejax-ppo', 500_000),
      }),
      ...ifTorch({ CleanRL: cores => torchPeer(cores, 'cleanrl', 'ppo', 20_480) }),
    },
  },
  {
    what: 'the same, kernels in WebAssembly (relaxed SIMD)',
    ours: cores => layergym(cores, cleanrl('ppo', 200_000), { LAYERGYM_KERNELS: 'relaxed-wasm' }),
    peers: {},
  },
  {
    what: "DQN, CleanRL's recipe, one environment, 500,000 steps",
    ours: cores => layergym(cores, cleanrl('dqn', 500_000)),
    peers: {
      ...ifCompiled({ PureJaxRL: cores => compiledPeer(cores, 'dqn', 500_000, 1, 1) }),
      ...ifTorch({ CleanRL: cores => torchPeer(cores, 'cleanrl', 'dqn', 40_000) }),
    },
  },
  {
    what: 'the same, ten environments',
    ours: cores => layergym(cores, cleanrl('dqn', 500_000, ['--envs', '10'])),
    peers: ifCompiled({ PureJaxRL: cores => compiledPeer(cores, 'dqn', 500_000, 1, 10) }),
  },
  {
    what: 'PPO, ten seeds of 100,000 steps each',
    by: ['seconds, cold', 'seconds, warm'],
    ours: cores => layergym(cores, tenSeeds),
    peers: ifCompiled({ PureJaxRL: cores => compiledPeer(cores, 'ppo', 100_000, 10) }),
  },
  {
    what: "PPO with MinAtar's network, Breakout, 20,480 steps",
    ours: cores => layergym(cores, train('MinBreakout-v0', 'ppo', 'pictures', 20_480)),
    peers: ifCompiled({ PureJaxRL: cores => compiledPeer(cores, 'pictures', 20_480) }),
  },
  {
    what: "SAC, Stable-Baselines3's defaults, Pendulum-v1, 2,000 steps",
    ours: cores => layergym(cores, train('Pendulum-v1', 'sac', 'stable-baselines3', 2000)),
    peers: ifTorch({ 'Stable-Baselines3': sb3('sac', 2000) }),
  },
  {
    what: "recurrent PPO, PPO's defaults of Stable-Baselines3, CartPole without velocities",
    ours: cores =>
      layergym(cores, train('CartPolePositions-v1', 'recurrent-ppo', 'stable-baselines3', 20_480)),
    peers: ifTorch({ 'sb3-contrib': sb3('recurrent-ppo', 2048) }),
  },
  ...(['ppo', 'dqn'] as const).map(agent => ({
    what: `${agent.toUpperCase()}, Stable-Baselines3's defaults`,
    ours: (cores: Cores) => layergym(cores, train('CartPole-v1', agent, 'stable-baselines3', 40_960)),
    peers: ifTorch({ 'Stable-Baselines3': sb3(agent, 8192) }),
  })),
]

console.log(
  `node ${process.version}; ${torch ?? 'no torch'}; ${compiled ?? 'no jax'}; ${availableParallelism()} cores (${cpus()[0]?.model}), load ${loadavg()[0].toFixed(1)}\n`,
)
const lines: (string | number)[][] = []
for (const row of ROWS.filter(({ what }) => what.includes(values.only))) {
  for (const cores of [1, 2] as const) lines.push(...compared(row, cores))
}
console.log(table(['what', 'cores', 'measured', 'layergym', 'peer', "peer's", 'ours to theirs'], lines))
console.log(
  'Rates: a ratio above 1 is ours ahead; seconds: one below 1. Cold: the whole process, compiling included; warm: without it (ours: the same, everything counted).',
)
console.log(`load at the end ${loadavg()[0].toFixed(1)}`)

function compared({ what, by = ['steps/s'], ours, peers }: Row, cores: Cores): (string | number)[][] {
  const own: Measured[] = []
  const theirs = new Map<string, Measured[]>(Object.keys(peers).map(name => [name, []]))
  const told = (who: string, contender: Contender) => {
    const found = contender(cores)
    const { stepsPerSecond, compileSeconds, seconds, wall } = found
    process.stderr.write(
      `${JSON.stringify({ what, cores, who, stepsPerSecond, compileSeconds, seconds, wall })}\n`,
    )
    return found
  }
  for (let round = 0; round < Number(values.rounds); round++) {
    own.push(told('layergym', ours))
    for (const [name, contender] of Object.entries(peers)) theirs.get(name)?.push(told(name, contender))
  }
  return by.flatMap(each => {
    const rounded = (x: number) => (each === 'steps/s' ? Math.round(x) : x.toFixed(1))
    // All that ours does counts, warm or cold.
    const mine = median(own.map(run => (each === 'steps/s' ? run.stepsPerSecond : run.wall)))
    if (theirs.size === 0) return [[what, cores, each, rounded(mine), '–', '–', '–']]
    return [...theirs].map(([name, runs]) => {
      const other = median(runs.map(run => figure(run, each)))
      return [what, cores, each, rounded(mine), name, rounded(other), (mine / other).toFixed(2)]
    })
  })
}

function figure({ stepsPerSecond, wall, seconds }: Measured, by: By): number {
  return by === 'steps/s' ? stepsPerSecond : by === 'seconds, cold' ? wall : seconds
}
