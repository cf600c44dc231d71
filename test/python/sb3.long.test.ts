import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeEnvAsync } from '../../src/envs/registry.ts'
import { registerOwnEnvs } from '../../src/runner/instances/own-envs.ts'
import { CACHE, MODEL, ROOT, workspace, writeManifest } from '../support/e2e.ts'

const PYTHON = process.env.LAYERGYM_PYTHON ?? 'python3'
const hasPeer = spawnSync(PYTHON, ['-c', 'import stable_baselines3']).status === 0
if (!hasPeer)
  process.stderr.write(`no stable_baselines3 in ${PYTHON} (LAYERGYM_PYTHON): its test is skipped\n`)

test.skipIf(!hasPeer)(
  'an episode of Stable-Baselines3’s PPO has the rewards that the same actions have here',
  async () => {
    const data = writeManifest(workspace())
    const world = { model: MODEL, data, cache: CACHE, groups: 2, frames: 2, size: 28, threads: 1 }
    const options = { ...world, batchSize: 4, budgetSteps: 6, roundSteps: 2 }
    const snake = Object.entries(options).map(([key, value]) => [
      key.replace(/[A-Z]/g, c => `_${c.toLowerCase()}`),
      value,
    ])
    const { status, stdout, stderr } = spawnSync(
      PYTHON,
      [join(ROOT, 'bench/peers/bridge_finetune.py'), JSON.stringify(Object.fromEntries(snake)), '32'],
      {
        encoding: 'utf8',
        env: {
          ...process.env,
          PYTHONPATH: join(ROOT, 'python'),
          LAYERGYM_COMMAND: `${process.execPath} ${join(ROOT, 'bin', 'layergym.mjs')}`,
        },
      },
    )
    expect(status, stderr).toBe(0)
    const played = JSON.parse(stdout) as {
      readonly seed: number
      readonly actions: readonly (readonly number[])[]
      readonly rewards: readonly number[]
      readonly returns: readonly number[]
    }
    expect(played.returns.length).toBeGreaterThan(5)
    expect(new Set(played.rewards).size).toBeGreaterThan(1)
    registerOwnEnvs()
    const env = await makeEnvAsync('layergym/FineTune-v0', options)
    await env.reset({ seed: played.seed })
    const rewards: number[] = []
    for (const action of played.actions) rewards.push((await env.step(action)).reward)
    await env.close?.()
    expect(rewards).toEqual(played.rewards)
  },
)
