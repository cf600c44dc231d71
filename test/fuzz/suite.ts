import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { startEngine } from '../../src/models/engine.ts'
import { composeTraining } from '../../src/runner/jobs/train/compose.ts'
import { trainSchema } from '../../src/runner/jobs/train/config.ts'
import { trainedPolicy } from '../../src/runner/jobs/train/policy.ts'
import { seal } from '../../src/runner/runs/codec.ts'
import { ffmpeg } from '../data/fixtures.ts'
import { logs } from './logs.ts'
import { survives, targets } from './targets.ts'

/** Attacks from this seed on; another one looks for what is new: LAYERGYM_FUZZ_SEED=7 npm test. */
const SEED = Number(process.env.LAYERGYM_FUZZ_SEED ?? 1)

/**
 * Every kind of file, changed so many times: each time a clear error or a right answer, within ten seconds and two
 * gigabytes. A failure names the seed that repeats it; one kind alone: `-t YOLO`.
 * @param attacks of each kind; of videos, each of which starts two decoders, a tenth
 * @param timeout of each kind, milliseconds
 */
export async function fuzzing(attacks: number, timeout: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-fuzzed-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const clip = join(folder, 'clip.mp4')
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=32x32:r=5:d=1', '-g', '2', clip)
  expect(readFileSync(clip).length).toBeGreaterThan(0)
  await startEngine({ engine: 'cpu' })
  const found = [...targets(clip, { trained: await trained(), grouped: grouped() }), ...logs()]
  expect(found).toHaveLength(16)
  for (const target of found) {
    const times = target.name === 'videos' ? Math.ceil(attacks / 10) : attacks
    test(
      `${times} changed ${target.name}`,
      async () => {
        const failures: string[] = []
        for (let i = 0; i < times; i++) {
          const name = `${target.name}, seed ${SEED}, number ${i}`
          await survives(target, Rng.of(SEED, target.name, i), name).catch(error =>
            failures.push(error.message),
          )
        }
        expect(failures).toEqual([])
      },
      timeout,
    )
  }
}

async function trained(): Promise<string> {
  const agentConfig = { hidden: [4], bufferSize: 8 }
  const config = trainSchema.parse({ env: 'CartPole-v1', agent: 'dqn', agentConfig, steps: 100 })
  const composition = await composeTraining(config)
  const { agent, envs } = composition
  return seal(trainedPolicy(composition, { state: agent.state(), normalization: envs.state() }))
}

function grouped(): string {
  return seal({
    settings: { agent: 'reinforce', control: 'shared', root: 'none', actions: 'freeze', states: 'all' },
    features: [{ id: 'progress', description: 'share of the budget that is spent' }],
    groups: 3,
    rounds: 12,
    cost: { episodes: 4, flops: 1e9 },
    states: { shared: { policy: Float32Array.of(1, 2), steps: 3 } },
  })
}
