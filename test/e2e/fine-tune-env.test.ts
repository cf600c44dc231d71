import { beforeAll, describe, expect, test } from 'vitest'
import { checkEnv } from '../../src/envs/check.ts'
import { makeEnv, makeEnvAsync, VectorEnv } from '../../src/index.ts'
import { CACHE, layergym, MODEL, workspace, writeManifest } from '../support/e2e.ts'

const folder = workspace()
const ID = 'layergym/FineTune-v0'
let options: Readonly<Record<string, unknown>>

beforeAll(() => {
  const data = writeManifest(folder)
  const world = { model: MODEL, data, cache: CACHE, groups: 2, frames: 2, size: 28 }
  options = { ...world, batchSize: 4, budgetSteps: 6, roundSteps: 2, threads: 1 }
})

describe('fine-tuning as an environment', () => {
  test.each(['flat', 'sequential', 'root', 'head', 'group-1'])(
    'the view %s keeps the contract of Env',
    async view => {
      const env = await makeEnvAsync(ID, { ...options, view })
      expect(env.spec.id).toBe(ID)
      const findings = await checkEnv(env, { steps: 5 })
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
    },
  )

  test('an episode is a run within its budget, and the same seed gives the same one', async () => {
    const play = async () => {
      const env = await makeEnvAsync<Float32Array, readonly number[]>(ID, options)
      const { observation } = await env.reset({ seed: 3 })
      const rewards: number[] = []
      for (let over = false; !over; ) {
        const result = await env.step([2, 4])
        rewards.push(result.reward)
        over = result.terminated
      }
      await env.close?.()
      return { first: [...observation], rewards }
    }
    const run = await play()
    expect(run.rewards.length).toBeGreaterThanOrEqual(3)
    expect(await play()).toEqual(run)
  })

  test('two of them step side by side, each on a network of its own', async () => {
    const envs = await Promise.all(
      [1, 2].map(() => makeEnvAsync<Float32Array, readonly number[]>(ID, options)),
    )
    const both = new VectorEnv(envs)
    await both.reset({ seed: [1, 1] })
    const { rewards, observations } = await both.step([
      [2, 3],
      [0, 2],
    ])
    expect(rewards[0]).not.toBe(rewards[1])
    expect(observations[0]).not.toEqual(observations[1])
    for (const env of envs) await env.close?.()
  })

  test('made at once it says how it is made; a wrong view or option is named', async () => {
    expect(() => makeEnv(ID, options)).toThrow(`await makeEnvAsync('${ID}')`)
    await expect(makeEnvAsync(ID, { ...options, view: 'heads' })).rejects.toThrow("did you mean 'head'")
    await expect(makeEnvAsync(ID, { ...options, budgetStep: 3 })).rejects.toThrow(
      "did you mean 'budgetSteps'",
    )
    const { model: _, ...rest } = options
    await expect(makeEnvAsync(ID, rest)).rejects.toThrow("'model'")
  })

  test('the command line lists and checks it', async () => {
    expect((await layergym(['list', 'envs'])).out).toContain(ID)
    const { code, out } = await layergym([
      ...[
        'check-env',
        ID,
        '--steps',
        '4',
        '--env-options',
        JSON.stringify({ ...options, view: 'head' }),
        '--json',
      ],
    ])
    expect(JSON.parse(out)).toMatchObject({ env: ID, ok: true })
    expect(code).toBe(0)
  })
})
