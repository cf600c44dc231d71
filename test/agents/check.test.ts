import { describe, expect, test } from 'vitest'
import type { ActContext, Agent, AgentState, Decision, Trajectory } from '../../src/agents/agent.ts'
import { assertAgent, checkAgent, type TestContext } from '../../src/agents/check.ts'
import { RandomAgent } from '../../src/agents/random/agent.ts'
import { Rng } from '../../src/common/random.ts'
import { checkEnv } from '../../src/envs/check.ts'
import { Box, Discrete } from '../../src/envs/spaces.ts'
import { tf } from '../../src/models/tf.ts'
import { Corridor } from '../envs/toys.ts'
import { LinearQ, linearQ } from './linear-q.ts'

type Made = Agent<unknown, unknown>
type Trajectories = readonly Trajectory<unknown, number>[]

const codes = async (make: (context: TestContext) => Made, options = {}) =>
  (await checkAgent(make, options)).map(({ code }) => code)

/** The sound agent with some members replaced; `this` is the agent. */
function patched(members: Partial<Record<keyof Made, unknown>>): (context: TestContext) => Made {
  return context => Object.assign(new LinearQ(context), members) as Made
}

class Forgets extends LinearQ {
  override restore(state: AgentState): void {
    const { rng } = this
    super.restore(state)
    this.rng = rng
  }
}

class SharesState extends LinearQ {
  override state(): AgentState {
    return { ...super.state(), weights: this.weights }
  }
}

class KeepsGivenState extends LinearQ {
  override restore(state: AgentState): void {
    super.restore(state)
    this.weights = state.weights as number[]
  }
}

class KeepsTrajectories extends LinearQ {
  private before: Trajectories = []
  override learn(trajectories: Trajectories) {
    super.learn(this.before)
    this.before = trajectories
    return super.learn(trajectories)
  }
}

class KeepsObservation extends LinearQ {
  private last: unknown
  override act(observations: readonly unknown[], context: ActContext) {
    if (observations.length > 0) this.last = observations[0]
    return super.act(observations, context)
  }
  override learn(trajectories: Trajectories) {
    const [first] = this.last instanceof Float32Array ? this.last : [0]
    this.weights[0] += first
    return super.learn(trajectories)
  }
}

class Counts extends LinearQ {
  override act(observations: readonly unknown[], context: ActContext) {
    this.updates++
    return super.act(observations, context)
  }
}

class OwnStream extends LinearQ {
  private readonly own = Rng.of(3)
  override act(observations: readonly unknown[], context: ActContext) {
    return super.act(observations, { ...context, rng: this.own })
  }
}

class Unseeded extends LinearQ {
  static made = 0
  constructor(context: TestContext) {
    super(context)
    this.weights[0] = Unseeded.made++
  }
}

class ReusesAction extends RandomAgent {
  private readonly buffer = new Float32Array(2)
  override act(observations: readonly unknown[], context: ActContext): readonly Decision<unknown>[] {
    return super.act(observations, context).map(({ action }) => {
      this.buffer.set(action as Float32Array)
      return { action: this.buffer }
    })
  }
}

class Leaks extends LinearQ {
  override learn(trajectories: Trajectories) {
    tf.scalar(1)
    return super.learn(trajectories)
  }
}

class KeepsTensor extends LinearQ {
  readonly variable = tf.variable(tf.scalar(1))
  dispose(): void {}
}

const linear = (Kind: new (context: TestContext) => LinearQ) => (context: TestContext) =>
  new Kind(context) as Made
const throws = (message: string) => () => {
  throw new Error(message)
}
const decide = (decision: Record<string, unknown>) => (observations: readonly unknown[]) =>
  observations.map(() => ({ action: 0, ...decision }))

/** Every finding in one pair of spaces, with an agent that is broken in this way. */
const broken: Readonly<Record<string, (context: TestContext) => Made>> = {
  'appetite.invalid': patched({ appetite: { unit: 'episodes', count: 1 } }),
  'factory.throws': throws('no'),
  'act.throws': patched({ act: throws('lost') }),
  'act.count': patched({ act: () => [] }),
  'action.outside': patched({ act: decide({ action: 3 }) }),
  'action.masked': patched({ act: decide({}) }),
  'decision.finite': patched({ act: withLogProbability(Number.NaN) }),
  'act.changes-state': linear(Counts),
  'act.irreproducible': linear(OwnStream),
  'action.reused': ({ actionSpace }) => new ReusesAction(actionSpace),
  'act.greedy-random': patched({ act: actRandomly }),
  'learn.throws': patched({ learn: throws('lost') }),
  'learn.report': patched({ learn: () => ({ loss: Number.NaN }) }),
  'learn.mutates': patched({ learn: relabel }),
  'learn.edge': patched({ learn: failOnEmpty }),
  'learn.nothing': patched({ learn: () => ({}) }),
  'agent.aliases': linear(KeepsTrajectories),
  'state.json': patched({ state: () => ({ weights: new Float32Array(2) }) }),
  'state.incomplete': linear(Forgets),
  'state.aliased': linear(SharesState),
  'state.throws': patched({ restore: throws('no') }),
  'restore.aliases': linear(KeepsGivenState),
  'seed.irreproducible': linear(Unseeded),
  'tensors.leak': linear(Leaks),
  'tensors.kept': linear(KeepsTensor),
  'dispose.throws': patched({ dispose: throws('gone') }),
}

/** Faults that show in more ways by their nature. */
const also: Readonly<Record<string, readonly string[]>> = {
  'act.irreproducible': ['act.greedy-random', 'seed.irreproducible', 'agent.aliases', 'state.incomplete'],
  'action.reused': ['learn.nothing', 'act.greedy-random'],
  'learn.report': ['learn.nothing'],
  'learn.mutates': ['learn.nothing'],
  'state.json': ['learn.nothing'],
  'seed.irreproducible': ['agent.aliases'],
  'agent.aliases': ['state.incomplete'],
}

function withLogProbability(logProbability: number) {
  return function (this: LinearQ, ...args: Parameters<LinearQ['act']>) {
    return LinearQ.prototype.act.apply(this, args).map(decision => ({ ...decision, logProbability }))
  }
}

function actRandomly(this: LinearQ, observations: readonly unknown[], { masks, rng }: ActContext) {
  return observations.map((_, i) => ({ action: new Discrete(3).sample(rng, masks[i]) }))
}

function relabel(given: Trajectories) {
  for (const trajectory of given) Object.assign(trajectory, { actor: 'me' })
  return {}
}

function failOnEmpty(this: LinearQ, given: Trajectories) {
  if (given.length === 0) throw new Error('nothing to learn')
  return LinearQ.prototype.learn.call(this, given)
}

describe('a sound agent', () => {
  test('has no findings, as a factory and as a definition', async () => {
    expect(await codes(context => new LinearQ(context) as Made)).toEqual([])
    expect(await checkAgent(linearQ)).toEqual([])
  })

  test('asynchronous ones are checked alike', async () => {
    const later = (context: TestContext): Made => {
      const inner = new LinearQ(context)
      return {
        appetite: inner.appetite,
        act: async (observations, given) => inner.act(observations, given),
        learn: async trajectories => inner.learn(trajectories as Trajectories),
        state: () => inner.state(),
        restore: state => inner.restore(state),
      }
    }
    expect(await codes(later)).toEqual([])
    expect(
      await codes(context => ({ ...later(context), act: async () => Promise.reject(new Error('lost')) })),
    ).toEqual(['act.throws'])
  })

  test('assertAgent passes it, warnings included, and lists errors otherwise', async () => {
    await assertAgent(patched({ act: actRandomly }))
    await expect(assertAgent(patched({ act: decide({ action: 9 }) }))).rejects.toThrow(
      /breaks the contract of Agent in 1 ways:\n- action\.outside: act\(\) on 1 observations.*chooses 9.*"n":3/s,
    )
  })
})

describe('each fault is found, and nothing else is', () => {
  test.each(Object.entries(broken))('%s', async (code, make) => {
    const options = code === 'action.reused' ? { actionSpace: new Box(-1, 1, [2]) } : {}
    const found = await codes(make, options)
    expect(found).toContain(code)
    expect(found.filter(other => other !== code && !also[code]?.includes(other))).toEqual([])
  })

  test('an observation kept from act() to learn()', async () => {
    expect(await codes(linear(KeepsObservation))).toContain('agent.aliases')
  })

  test.each([true, false])('one that shows only where explore is %s', async when => {
    const make = patched({
      act(this: LinearQ, observations: readonly unknown[], context: ActContext) {
        if (context.explore === when && context.masks[0] === undefined) return []
        return LinearQ.prototype.act.call(this, observations, context)
      },
    })
    const [finding] = await checkAgent(make)
    expect(finding).toMatchObject({
      code: 'act.count',
      message: expect.stringContaining(`act() on 1 observations (explore: ${when}, no mask) returns []`),
    })
  })
})

describe('promises that never settle', () => {
  test.each(['act', 'learn'])('%s: the call is named, and the check ends', async name => {
    const make = patched({ [name]: () => new Promise(() => undefined) })
    const findings = await checkAgent(make, { timeoutSeconds: 0.05 })
    expect(findings).toEqual([
      {
        severity: 'error',
        code: 'agent.hangs',
        message: expect.stringMatching(new RegExp(`^${name}\\(\\).*0\\.05 s`)),
      },
    ])
  })

  test.each(['reset', 'step', 'close'])("an environment's %s", async name => {
    const env = new Corridor()
    Object.defineProperty(env, name, { value: () => new Promise(() => undefined) })
    const findings = await checkEnv(env, { timeoutSeconds: 0.05 })
    expect(findings.filter(({ code }) => code === 'env.hangs')).toHaveLength(1)
    expect(findings[0].message).toMatch(new RegExp(`^${name}\\(\\).*0\\.05 s`))
    await expect(checkEnv(env, { signal: AbortSignal.timeout(20) })).rejects.toThrow('interrupted')
  })

  test('a signal ends the check as interrupted', async () => {
    const make = patched({ act: () => new Promise(() => undefined) })
    await expect(checkAgent(make, { signal: AbortSignal.timeout(20) })).rejects.toThrow('interrupted')
    await expect(checkAgent(linearQ, { signal: AbortSignal.abort() })).rejects.toThrow('interrupted')
  })
})
