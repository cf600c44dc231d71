import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { makeEnvAsync } from '../../src/envs/registry.ts'
import { registerOwnEnvs } from '../../src/runner/instances/own-envs.ts'
import { CACHE, MODEL, ROOT, workspace, writeManifest } from '../support/e2e.ts'

const PYTHON = process.env.LAYERGYM_PYTHON ?? 'python3'
const FOLDER = join(ROOT, 'python')
const ENVIRONMENT = {
  ...process.env,
  PYTHONPATH: FOLDER,
  LAYERGYM_PYTHON: PYTHON,
  LAYERGYM_COMMAND: `${process.execPath} ${join(ROOT, 'bin', 'layergym.mjs')}`,
}
const hasPython = spawnSync(PYTHON, ['-c', 'import gymnasium, numpy']).status === 0
if (!hasPython) process.stderr.write(`no gymnasium in ${PYTHON} (LAYERGYM_PYTHON): its tests are skipped\n`)

function python(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}) {
  const { status, stderr } = spawnSync(PYTHON, args, {
    cwd: FOLDER,
    env: { ...ENVIRONMENT, ...env },
    encoding: 'utf8',
    timeout: 180_000,
  })
  return { status, stderr }
}

describe.skipIf(!hasPython)('in Python', () => {
  let fineTune: string

  beforeAll(async () => {
    const data = writeManifest(workspace())
    const world = { model: MODEL, data, cache: CACHE, groups: 2, frames: 2, size: 28, threads: 1 }
    const options = { ...world, batchSize: 4, budgetSteps: 6, roundSteps: 2 }
    registerOwnEnvs()
    const env = await makeEnvAsync('layergym/FineTune-v0', options)
    await env.reset({ seed: 3 })
    const actions: (readonly number[])[] = []
    const rewards: number[] = []
    for (let over = false; !over; ) {
      actions.push([2, actions.length % 2 === 0 ? 4 : 3])
      const result = await env.step(actions[actions.length - 1])
      rewards.push(result.reward)
      over = result.terminated
    }
    await env.close?.()
    const snake = Object.fromEntries(
      Object.entries(options).map(([key, value]) => [
        key.replace(/[A-Z]/g, c => `_${c.toLowerCase()}`),
        value,
      ]),
    )
    fineTune = JSON.stringify({ options: snake, seed: 3, actions, rewards })
  }, 120_000)

  test('this end of the protocol holds what its own tests say', { timeout: 180_000 }, () => {
    expect(python(['-m', 'unittest', 'tests.test_protocol'])).toMatchObject({ status: 0 })
  })

  test('environments are what Gymnasium asks for, fine-tuning among them', { timeout: 180_000 }, () => {
    const { status, stderr } = python(['-m', 'unittest', 'tests.test_environments'], {
      LAYERGYM_TEST_FINE_TUNE: fineTune,
    })
    expect(status, stderr).toBe(0)
    expect(stderr).not.toContain('skipped')
  })

  test('an agent in Python keeps the contract of Agent', { timeout: 180_000 }, () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        ...[join(ROOT, 'bin', 'layergym.mjs'), 'check-agent', 'linear-sarsa', '--no-learning', '--json'],
        ...['--plugin', join(ROOT, 'examples', 'python-agent', 'sarsa.py')],
      ],
      { env: ENVIRONMENT, encoding: 'utf8', timeout: 180_000 },
    )
    expect(status, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual({ agent: 'linear-sarsa', ok: true, findings: [] })
  })
})
