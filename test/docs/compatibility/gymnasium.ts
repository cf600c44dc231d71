import { expect } from 'vitest'
import type { ResetResult, StepResult } from '../../../src/envs/env.ts'
import { makeEnv, registeredEnvs } from '../../../src/envs/registry.ts'
import { VectorEnv } from '../../../src/envs/vector.ts'
import type { Row } from './row.ts'

export const cartPole = () => makeEnv<Float32Array, number>('CartPole-v1')
type Started = ResetResult<Float32Array>
type Stepped = StepResult<Float32Array>

/** Steps to the left until the episode ends. */
export function fallen(env: { step(action: number): unknown }): Stepped {
  let result = env.step(0) as Stepped
  while (!result.terminated && !result.truncated) result = env.step(0) as Stepped
  return result
}

/** Of Gymnasium 1.4. */
export const environmentRows: readonly Row[] = [
  {
    convention:
      '`reset` returns observation and info, `step` observation, reward, terminated, truncated, info',
    has: 'yes',
    why: 'as objects with these names instead of tuples',
    heldBy() {
      const env = cartPole()
      expect(Object.keys(env.reset({ seed: 1 })).sort()).toEqual(['info', 'observation'])
      const names = ['info', 'observation', 'reward', 'terminated', 'truncated']
      expect(Object.keys(env.step(0)).sort()).toEqual(names)
    },
  },
  {
    convention: 'a step is synchronous',
    has: 'otherwise',
    why: 'it may return a promise, as `layergym/FineTune-v0` does; small environments return at once',
    heldBy: ['test/envs/vector.test.ts', 'synchronous environments step at once'],
  },
  {
    convention: 'a time limit truncates, and comes with the id',
    has: 'yes',
    why: '`maxEpisodeSteps` is an option of every environment; `null` takes it away',
    heldBy: ['test/envs/registry.test.ts', 'the time limit can be changed or taken away'],
  },
  {
    convention: '`reset(seed=…)` decides everything random from then on, `reset()` goes on',
    has: 'yes',
    why: 'each environment has a generator of its own',
    heldBy() {
      const env = cartPole()
      const first = (env.reset({ seed: 3 }) as Started).observation
      const second = (env.reset() as Started).observation
      expect(second).not.toEqual(first)
      expect((env.reset({ seed: 3 }) as Started).observation).toEqual(first)
      expect((env.reset() as Started).observation).toEqual(second)
    },
  },
  {
    convention: 'a seed gives the numbers that numpy gives',
    has: 'no',
    why: 'the generator is another one: starts of a seed differ, their distribution doesn’t; trajectories are held from equal states',
    heldBy: ['test/envs/classic.test.ts', 'starts are uniform within the bounds'],
  },
  {
    convention: '`env.np_random`',
    has: 'no',
    why: 'generators are private, and part of a snapshot',
    heldBy: () => expect('np_random' in cartPole()).toBe(false),
  },
  {
    convention: '`reset(options={"low", "high"})` of classic control',
    has: 'yes',
    why: '`reset({ options: { low, high } })`',
    heldBy: ['test/envs/classic.test.ts', 'reset takes bounds of the start'],
  },
  {
    convention: 'a step after the end, or before the first reset, is an error',
    has: 'yes',
    why: 'of the environment itself, without a wrapper (OrderEnforcing)',
    heldBy() {
      const env = cartPole()
      expect(() => env.step(0)).toThrow(/reset/)
      env.reset({ seed: 1 })
      fallen(env)
      expect(() => env.step(0)).toThrow(/reset/)
    },
  },
  {
    convention: '`gymnasium.make("Name-v1")`, namespaces, the newest version where none is said',
    has: 'yes',
    why: '`makeEnv`, `registerEnv`; options are checked',
    heldBy: ['test/envs/registry.test.ts', 'without a version, the newest'],
  },
  {
    convention: 'classic control, step by step',
    has: 'yes',
    why: 'all five, from equal states, 1,000 trajectories each; Pygame’s pictures aren’t copied',
    heldBy: ['test/envs/classic.test.ts', 'trajectories, 1,000 of each environment'],
  },
  {
    convention: 'toy text',
    has: 'yes',
    why: 'FrozenLake, CliffWalking, Taxi and Blackjack; `info.probability` for `info["prob"]`',
    heldBy: ['test/envs/toy-text.test.ts', 'tables are Gymnasium'],
  },
  {
    convention: 'Box2D and MuJoCo',
    has: 'no',
    why: 'no engine for rigid bodies among the dependencies; `LunarLanderLite-v0` has LunarLander’s observations and rewards over a physics of its own',
    heldBy: () =>
      expect(registeredEnvs().some(([id]) => /LunarLander-|BipedalWalker|Ant/.test(id))).toBe(false),
  },
  {
    convention: '`info["action_mask"]`',
    has: 'otherwise',
    why: 'a method, `actionMask()`, which agents and checkers obey; in Python it is in the info',
    heldBy() {
      const env = makeEnv('Taxi-v3')
      expect(env.reset({ seed: 1 })).toMatchObject({ info: {} })
      expect(env.actionMask?.()).toHaveLength(6)
    },
  },
  {
    convention: '`render_mode` rgb_array and ansi',
    has: 'yes',
    why: '`renderMode` rgb and ansi',
    heldBy() {
      const drawn = (renderMode: string) => {
        const env = makeEnv('CartPole-v1', { renderMode })
        env.reset({ seed: 1 })
        return env.render?.()
      }
      expect(drawn('rgb')).toMatchObject({ width: 300, height: 200 })
      expect(typeof drawn('ansi')).toBe('string')
    },
  },
  {
    convention: '`render_mode` human',
    has: 'no',
    why: 'no window: `--video-episodes`, and the dashboard',
    heldBy: () => expect(() => makeEnv('CartPole-v1', { renderMode: 'human' })).toThrow(/renderMode/),
  },
  {
    convention: '`spec` with reward threshold, time limit, nondeterministic',
    has: 'yes',
    why: 'in camel case',
    heldBy: () => expect(cartPole().spec).toMatchObject({ rewardThreshold: 475, maxEpisodeSteps: 500 }),
  },
  {
    convention: '`check_env`',
    has: 'yes',
    why: '`checkEnv`, `check-env`; masks, snapshots and what is changed afterwards are looked at too',
    heldBy: ['test/envs/classic.test.ts', 'warnings of the checker are those that Gymnasium itself has'],
  },
]

export const vectorRows: readonly Row[] = [
  {
    convention: 'autoreset modes next-step, same-step, disabled',
    has: 'yes',
    why: 'next-step where nothing is said',
    heldBy() {
      const vector = new VectorEnv([cartPole()])
      expect(vector.autoreset).toBe('next-step')
      vector.reset({ seed: 1 })
      let ended = false
      while (!ended) ended = (vector.step([0]) as { terminated: Uint8Array }).terminated[0] === 1
      expect(vector.step([0])).toMatchObject({ rewards: Float64Array.of(0), terminated: Uint8Array.of(0) })
    },
  },
  {
    convention: '`final_obs` and `final_info` of ended episodes',
    has: 'otherwise',
    why: '`infos[i].finalObservation`, in every mode; `finalInfo` in same-step mode',
    heldBy() {
      const vector = new VectorEnv([cartPole()], 'same-step')
      vector.reset({ seed: 1 })
      for (;;) {
        const { terminated, infos } = vector.step([0]) as {
          terminated: Uint8Array
          infos: readonly Record<string, unknown>[]
        }
        if (terminated[0] === 0) continue
        expect(Object.keys(infos[0]).sort()).toEqual(['finalInfo', 'finalObservation'])
        return
      }
    },
  },
  {
    convention: 'one seed s for all is s, s + 1, …; `reset(options={"reset_mask"})`',
    has: 'yes',
    why: '`reset({ seed, mask })`',
    heldBy: ['test/envs/vector.test.ts', 'seeds: one number counts up'],
  },
  {
    convention: 'batched observations, one array [n, …]',
    has: 'otherwise',
    why: 'a list of observations, one an environment; Python gets arrays',
    heldBy() {
      const vector = new VectorEnv([cartPole(), cartPole()])
      const { observations } = vector.reset({ seed: 1 }) as { observations: readonly unknown[] }
      expect(observations).toHaveLength(2)
    },
  },
]
