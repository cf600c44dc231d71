import { messageOf } from '../../common/error.ts'
import { type Findings, show } from '../../common/findings.ts'
import { Rng } from '../../common/random.ts'
import { NeverEnded, type Watch } from '../../envs/check/watch.ts'
import type { Agent, AgentContext } from '../agent.ts'
import type { World } from './worlds.ts'

export type AnyAgent = Agent<unknown, unknown>

/** What an agent under test is made with; its settings are the factory's own affair. */
export type TestContext = Pick<AgentContext, 'observationSpace' | 'actionSpace' | 'rng' | 'gamma'>

/** A discount that is far from 0 and 1: one left out shows. */
const GAMMA = 0.9

/** One world's checks: makes agents, keeps account of them, and says where a fault was found. */
export class Trial {
  private readonly made: AnyAgent[] = []

  constructor(
    readonly world: World,
    private readonly factory: (context: TestContext) => AnyAgent,
    private readonly means: { readonly findings: Findings; readonly watch: Watch; readonly seed?: number },
  ) {}

  make(seed: number): AnyAgent {
    const { observationSpace, actionSpace } = this.world
    const rng = Rng.of(this.means.seed ?? 0, 'agent', seed)
    const agent = this.means.watch.over(this.factory({ observationSpace, actionSpace, rng, gamma: GAMMA }))
    this.made.push(agent)
    return agent
  }

  error(code: string, message: string): void {
    this.means.findings.error(code, `${message} (with ${this.world.name})`)
  }

  warning(code: string, message: string): void {
    this.means.findings.warning(code, `${message} (with ${this.world.name})`)
  }

  /** A check; what it throws unforeseen is a fault of the agent's. False when it threw. */
  async attempt(code: string, what: string, check: () => Promise<void> | void): Promise<boolean> {
    try {
      await check()
      return true
    } catch (error) {
      if (error instanceof NeverEnded) throw error
      this.error(code, `${what} throws: ${messageOf(error)}`)
      return false
    }
  }

  /** Disposes of every agent that was made. */
  async end(): Promise<void> {
    for (const agent of [...this.made]) await this.dispose(agent)
  }

  async dispose(agent: AnyAgent): Promise<void> {
    this.made.splice(this.made.indexOf(agent), 1)
    await this.attempt('dispose.throws', 'dispose()', () => agent.dispose?.())
  }
}

/** Whether it is what the contract asks, said once. */
export function checkAppetite(agent: AnyAgent, trial: Trial): void {
  const { appetite } = agent
  const known = appetite?.unit === 'step' || appetite?.unit === 'episode'
  if (known && Number.isInteger(appetite.count) && appetite.count >= 1) return
  trial.error(
    'appetite.invalid',
    `appetite is ${show(appetite)}: say what one learn() takes, as in { unit: 'episode', count: 4 }`,
  )
}
