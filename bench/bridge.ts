/**
 * What the way to Python costs: the median round trip of one environment's step over a Unix socket (to reach: 60 µs),
 * and steps a second at 64 a frame (to reach: 500 000). LAYERGYM_PYTHON names a Python with gymnasium.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PYTHON = process.env.LAYERGYM_PYTHON ?? 'python3'

const CLIENT = `
import json, sys, time
import numpy as np
import gymnasium
from layergym import LayergymEnv, LayergymVectorEnv

address = sys.argv[1]
env = LayergymEnv("CartPole-v1", address=address)
env.reset(seed=1)
trips = []
for i in range(40_000):
    start = time.perf_counter()
    _, _, terminated, truncated, _ = env.step(i & 1)
    trips.append(time.perf_counter() - start)
    if terminated or truncated:
        env.reset()
env.close()
vector = LayergymVectorEnv("CartPole-v1", 64, address=address)
vector.reset(seed=1)
actions = np.random.default_rng(0).integers(0, 2, (128, 64))
rates = []
for _ in range(5):
    start = time.perf_counter()
    for i in range(2_000):
        vector.step(actions[i & 127])
    rates.append(2_000 * 64 / (time.perf_counter() - start))
vector.close()
print(json.dumps({"medianMicroseconds": 1e6 * float(np.median(trips[1_000:])), "stepsPerSecond": max(rates)}))
`

if (spawnSync(PYTHON, ['-c', 'import gymnasium']).status !== 0) {
  process.stdout.write(`no gymnasium in ${PYTHON}: LAYERGYM_PYTHON names a Python that has it\n`)
} else {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-bridge-'))
  const socket = join(folder, 'socket')
  const server = spawn(process.execPath, [join(ROOT, 'bin', 'layergym.mjs'), 'serve', '--socket', socket])
  try {
    await new Promise<void>(resolve => server.stderr.once('data', () => resolve()))
    const { stdout, stderr } = spawnSync(PYTHON, ['-W', 'ignore', '-c', CLIENT, `unix:${socket}`], {
      env: { ...process.env, PYTHONPATH: join(ROOT, 'python') },
      encoding: 'utf8',
    })
    if (stdout === '') throw new Error(stderr)
    const { medianMicroseconds, stepsPerSecond } = JSON.parse(stdout)
    process.stdout.write(
      `median round trip, one environment: ${medianMicroseconds.toFixed(1)} µs (to reach: 60)\n` +
        `steps a second at 64 a frame: ${Math.round(stepsPerSecond)} (to reach: 500000)\n`,
    )
  } finally {
    server.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}
