import { describe, expect, test } from 'vitest'
import type { Agent, AgentContext, AgentState, Trajectory } from './agents/agent.ts'
import { Rng } from './common/random.ts'
import { type CheckOptions, checkEnv } from './envs/check.ts'
import type { Env, Mask, Space } from './envs/env.ts'
import { Box, Discrete } from './envs/spaces.ts'

/** Suites of vitest that hold anyone's environments and agents to the contracts. */

/**
 * `describeEnv('Corridor', () => new Corridor())`: no errors of `checkEnv`, and two instances agree.
 * @param makeEnv called once a test; each environment is closed
 */
export function describeEnv<O, A>(
  name: string,
  makeEnv: () => Env<O, A> | Promise<Env<O, A>>,
  options: Pick<CheckOptions, 'steps'> = {},
): void {
  describe(`${name} keeps the contract of Env`, () => {
    test('checkEnv finds no error', async () => {
      const findings = await checkEnv(await makeEnv(), options)
      expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
    })

    test('two instances with one seed and the same actions agree', async () => {
      const play = async () => {
        const env = await makeEnv()
        const rng = Rng.of(1, 'actions')
        const outcomes: unknown[] = [structuredClone(await env.reset({ seed: 1 }))]
        for (let t = 0; t < Math.min(options.steps ?? 100, 100); t++) {
          const outcome = await env.step(env.actionSpace.sample(rng, env.actionMask?.()))
          outcomes.push(structuredClone({ ...outcome, info: {} }))
          if (outcome.terminated || outcome.truncated) break
        }
        const { nondeterministic } = env.spec
        await env.close?.()
        return nondeterministic ? [] : outcomes
      }
      expect(await play()).toEqual(await play())
    })
  })
}

/** What an agent under test is made with; `networks` and settings are the factory's own affair. */
export type TestContext = Pick<AgentContext, 'observationSpace' | 'actionSpace' | 'rng' | 'gamma'>

/** The world that the agent is tried in. */
export interface DescribeAgentOptions {
  /** Default: Box(-1, 1, [4]). */
  readonly observationSpace?: Space<unknown>
  /** Default: Discrete(3). Masks are tried on Discrete alone. */
  readonly actionSpace?: Space<unknown>
}

/**
 * `describeAgent('mine', context => new Mine(context))`: actions are in the space and allowed by the mask, acting
 * changes nothing and draws from the context's stream alone, and a state that went through JSON brings back the
 * same agent, whose future is equal bit by bit.
 */
export function describeAgent(
  name: string,
  makeAgent: (context: TestContext) => Agent<unknown, unknown>,
  options: DescribeAgentOptions = {},
): void {
  const observationSpace = options.observationSpace ?? new Box(-1, 1, [4])
  const actionSpace = options.actionSpace ?? new Discrete(3)
  const make = (seed: number) =>
    makeAgent({ observationSpace, actionSpace, rng: Rng.of(seed, 'agent'), gamma: 0.9 })
  const world = { observationSpace, actionSpace }

  describe(`${name} keeps the contract of Agent`, () => {
    test('says what one update takes', () => {
      const { appetite } = make(1)
      expect(['step', 'episode']).toContain(appetite.unit)
      expect(Number.isInteger(appetite.count) && appetite.count >= 1).toBe(true)
    })

    test.each([true, false])('chooses one allowed action an observation (explore: %s)', async explore => {
      const agent = make(1)
      const rng = Rng.of(2, 'test')
      for (const rows of [0, 1, 7]) {
        const observations = Array.from({ length: rows }, () => observationSpace.sample(rng))
        const masks = observations.map(() => someMask(actionSpace, rng))
        const decisions = await agent.act(observations, { masks, explore, rng })
        expect(decisions).toHaveLength(rows)
        for (const [i, { action }] of decisions.entries()) {
          expect(actionSpace.contains(action)).toBe(true)
          const mask = masks[i]
          if (mask !== undefined) expect(mask[action as number]).toBe(1)
        }
      }
    })

    test("acting draws from the context's stream alone and changes nothing", async () => {
      const agent = make(1)
      const before = throughJSON(agent.state())
      const first = await roll(agent, 3, world)
      expect(await roll(agent, 3, world)).toEqual(first)
      expect(throughJSON(agent.state())).toEqual(before)
    })

    test('learning reports finite figures and leaves trajectories alone', async () => {
      const agent = make(1)
      const trajectories = await roll(agent, 4, world)
      const before = structuredClone(trajectories)
      const report = await agent.learn(trajectories)
      expect(Object.entries(report).filter(([, figure]) => !Number.isFinite(figure))).toEqual([])
      expect(trajectories).toEqual(before)
    })

    test('the same seed gives the same agent', async () => {
      expect(await future(make(5), world)).toEqual(await future(make(5), world))
    })

    test('restored from JSON in another agent, it has the same future bit by bit', async () => {
      const agent = make(1)
      await future(agent, world)
      const saved = JSON.stringify(agent.state())
      const other = make(99)
      await other.learn(await roll(other, 8, world))
      other.restore(JSON.parse(saved))
      expect(throughJSON(other.state())).toEqual(JSON.parse(saved))
      expect(await future(other, world)).toEqual(await future(agent, world))
    })

    test('a state that was taken stays as it was while the agent learns on', async () => {
      const agent = make(1)
      const state = agent.state()
      const before = JSON.stringify(state)
      await future(agent, world)
      expect(JSON.stringify(state)).toBe(before)
    })
  })
}

interface World {
  readonly observationSpace: Space<unknown>
  readonly actionSpace: Space<unknown>
}

/** Three updates, each from fresh trajectories: everything that came of them. */
async function future(agent: Agent<unknown, unknown>, world: World): Promise<unknown> {
  const seen: unknown[] = []
  for (let update = 0; update < 3; update++) {
    const trajectories = await roll(agent, 10 + update, world)
    seen.push(trajectories, await agent.learn(trajectories))
  }
  return [...seen, throughJSON(agent.state())]
}

/** As many trajectories as the agent learns from, in a world of random observations and rewards. */
async function roll(agent: Agent<unknown, unknown>, seed: number, world: World) {
  const rng = Rng.of(seed, 'world')
  const policy = Rng.of(seed, 'policy')
  const { unit, count } = agent.appetite
  const lengths = unit === 'episode' ? Array.from({ length: count }, (_, i) => 3 + (i % 4)) : [count]
  const trajectories: Trajectory<unknown, unknown>[] = []
  for (const [episode, length] of lengths.entries()) {
    const transitions = []
    for (let t = 0; t < length; t++) {
      const observation = world.observationSpace.sample(rng)
      const mask = someMask(world.actionSpace, rng)
      const context = { masks: [mask], explore: true, rng: policy }
      const [decision] = await agent.act([observation], context)
      transitions.push({ observation, mask, ...decision, reward: rng.normal(), duration: t % 2 })
    }
    const truncated = episode % 2 === 0
    const finalObservation = world.observationSpace.sample(rng)
    trajectories.push({
      episode,
      actor: 'shared',
      transitions,
      terminated: !truncated,
      truncated,
      finalObservation,
    })
  }
  return trajectories
}

/** Hides some of a discrete space's actions, never all; none elsewhere. */
function someMask(space: Space<unknown>, rng: Rng): Mask | undefined {
  if (!(space instanceof Discrete)) return undefined
  const keep = rng.int(space.n)
  return Uint8Array.from({ length: space.n }, (_, i) => (i === keep || rng.int(2) === 1 ? 1 : 0))
}

function throughJSON(state: AgentState): unknown {
  return JSON.parse(JSON.stringify(state))
}
