import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { run } from '../../../src/cli/main.ts'
import {
  Box,
  checkAgent,
  Discrete,
  defineEnv,
  type Env,
  evaluate,
  loadPolicy,
  makeEnv,
  NormalizeReward,
  type RunEvent,
  reinforce,
  train,
} from '../../../src/index.ts'
import { betterOf, reasonToStop } from '../../../src/runner/jobs/train/best.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-in-code-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let count = 0
const out = () => join(root, String(++count))

/** Two doors; what is seen says, in large numbers, behind which one the prize is. */
class Doors implements Env<Float32Array, number> {
  readonly spec = { id: 'Doors-v0' }
  readonly observationSpace = new Box(-2000, 2000, [1])
  readonly actionSpace = new Discrete(2)
  private prize = 0
  private turn = 0

  reset({ seed = this.turn }: { seed?: number } = {}) {
    this.turn = seed + 1
    this.prize = this.turn % 2
    return { observation: Float32Array.of(this.prize === 1 ? 1500 : -500), info: {} }
  }

  step(action: number) {
    const { observation } = this.reset()
    return {
      observation,
      reward: Number(action === 1 - this.prize),
      terminated: true,
      truncated: false,
      info: {},
    }
  }
}

const doors = { env: () => new Doors(), steps: 4000, envs: 2, evalEpisodes: 20 } as const

describe('in code', () => {
  test('an agent learns in an environment of one’s own, and its policy acts as its evaluation did', async () => {
    const summary = await train({ ...doors, normalize: 'observations', out: out() })
    expect(summary).toMatchObject({ env: 'Doors-v0', agent: 'ppo', evaluation: { meanReturn: 1 } })
    const policy = await loadPolicy(summary.policy, { env: () => new Doors() })
    expect(await policy.evaluate()).toEqual(summary.evaluation)
    // As the environment shows it: the policy normalises it itself.
    expect(await policy.act(Float32Array.of(1500))).toBe(1)
    expect(await policy.act(Float32Array.of(-500))).toBe(0)
    policy.dispose()
  })

  test('an agent of one’s own, hooks, and an environment by its id', async () => {
    const definition = { ...reinforce, description: 'mine' }
    const events: RunEvent[] = []
    const options = { env: 'Bandit-v0', agent: definition, steps: 200, evalEpisodes: 2, out: out() }
    const summary = await train(options, { onEvent: event => events.push(event) })
    expect(events.map(({ type }) => type)).toContain('point')
    expect((await train({ ...options, agent: 'reinforce', out: out() })).curve.length).toBe(
      summary.curve.length,
    )
    await expect(loadPolicy(summary.policy)).rejects.toThrow(/in-code/)
    const policy = await loadPolicy(summary.policy, { agent: definition })
    expect((await policy.evaluate({ episodes: 3, seed: 9 })).returns).toHaveLength(3)
    policy.dispose()
  })

  test('an environment’s definition, with its options', async () => {
    const definition = defineEnv({
      description: 'doors',
      maxEpisodeSteps: 5,
      options: z.strictObject({ shift: z.number().default(0) }),
      make: (spec, { shift }) =>
        Object.assign(new Doors(), { spec, shift }) as unknown as Env<unknown, unknown>,
    })
    const options = { ...doors, env: definition, steps: 100, envOptions: { shift: 2 }, out: out() }
    const summary = await train(options)
    expect(summary).toMatchObject({ env: 'InCode-v0', settings: { envOptions: { shift: 2 } } })
    expect((await evaluate(summary.policy, { env: definition })).returns).toEqual(summary.evaluation.returns)
    await expect(train({ ...options, envOptions: { shfit: 2 }, out: out() })).rejects.toThrow("mean 'shift'")
  })

  test('wrappers of one’s own are part of the environment', async () => {
    const env = () => new NormalizeReward(makeEnv<Float32Array, number>('CartPole-v1'), { gamma: 0.9 })
    const { evaluation } = await train({ env, steps: 256, evalEpisodes: 2, out: out() })
    expect(evaluation.returns.every(value => !Number.isInteger(value))).toBe(true)
  })

  test('a signal ends it, and a wrong setting is named', async () => {
    const signal = AbortSignal.abort()
    await expect(train({ ...doors, out: out() }, { signal })).rejects.toMatchObject({ kind: 'interrupted' })
    await expect(train({ ...doors, steps: 0, out: out() })).rejects.toThrow("'steps' can't be 0")
  })

  test('checkAgent needs no test runner', async () => {
    expect(await checkAgent(reinforce, { learning: false })).toEqual([])
  })
})

describe('evaluations on the way', () => {
  const watched = { ...doors, evalEvery: 400, evalEpisodes: 100 }

  test('keep the best policy, and end the run at the return asked for', async () => {
    const summary = await train({ ...watched, stopAt: 1, out: out() })
    expect(summary.steps).toBeLessThan(4000)
    expect(summary.steps).toBe(summary.best?.step)
    expect(summary.best?.meanReturn).toBe(1)
    expect(summary.notes).toEqual([expect.stringMatching(/ended after \d+ of 4000 steps: .* --stop-at/)])
    const best = await loadPolicy(summary.best?.policy ?? '', { env: () => new Doors() })
    const last = summary.evaluations.at(-1)
    expect((await best.evaluate({ episodes: 10 })).returns).toEqual(last?.returns)
    best.dispose()
  })

  test('end it when none was better for so long; interrupted there or before, it ends alike', async () => {
    const own = { env: 'Bandit-v0', agent: 'reinforce', steps: 3000, seed: 4 } as const
    const options = { ...own, evalEvery: 100, evalEpisodes: 10, patience: 3 }
    const whole = await train({ ...options, out: out() })
    expect(whole.steps).toBeLessThan(3000)
    expect(whole.notes[0]).toContain('3 times in a row (--patience)')
    const dir = out()
    const controller = new AbortController()
    const stop = {
      signal: controller.signal,
      onEvent: ({ type }: RunEvent) => type === 'evaluation' && controller.abort(),
    }
    await expect(train({ ...options, out: dir }, stop)).rejects.toMatchObject({ kind: 'interrupted' })
    const said = { out: '', err: '' }
    const code = await run(['resume', dir, '--json'], {
      stdout: text => {
        said.out += text
      },
      stderr: text => {
        said.err += text
      },
      interactive: false,
      signal: new AbortController().signal,
      now: Date.now,
    })
    expect(code, said.err).toBe(0)
    const { hash, best, notes, steps } = JSON.parse(said.out)
    expect({ hash, notes, steps, step: best.step }).toEqual({
      hash: whole.hash,
      notes: whole.notes,
      steps: whole.steps,
      step: whole.best?.step,
    })
    expect(existsSync(best.policy)).toBe(true)
  })

  test('without them there is nothing to go by', async () => {
    await expect(train({ ...doors, stopAt: 1, out: out() })).rejects.toThrow(/'stopAt' .*--eval-every/)
    await expect(train({ ...doors, patience: 2, out: out() })).rejects.toThrow(/'patience' .*--eval-every/)
  })

  test('an equal return is no better one', () => {
    const point = (step: number, meanReturn: number) => ({ step, meanReturn }) as never
    const first = betterOf(undefined, point(1, 5))
    const second = betterOf(first, point(2, 5))
    expect(second).toEqual({ step: 1, meanReturn: 5, since: 1 })
    expect(reasonToStop(second, { stopAt: 5 })).toBeUndefined()
    expect(reasonToStop(second, { patience: 1 })).toContain('step 1')
    expect(betterOf(second, point(3, 6))).toEqual({ step: 3, meanReturn: 6, since: 0 })
  })
})
