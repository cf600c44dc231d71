import type { Decision, Memory, Trajectory, Transition } from '../../agents/agent.ts'
import type { Rng } from '../../common/random.ts'
import { OptionReturn } from '../../envs/hierarchy/option-return.ts'
import type { Root } from '../../envs/hierarchy/root.ts'
import type { RoundResult } from '../../envs/world.ts'
import type { GroupAgent } from './roles.ts'

/** Who acts at the root, and how often. */
export interface RootControl {
  readonly agent: GroupAgent
  readonly root: Root
  /** Rounds between two choices. */
  readonly every: number
  readonly gamma: number
}

/** The root's part of an episode: its choices, each with the discounted rewards of the rounds that it lasted. */
export class RootPlayer {
  private readonly transitions: Transition<unknown, unknown>[] = []
  private chosen: { readonly observation: Float32Array; readonly decision: Decision<unknown> } | undefined
  private option: OptionReturn
  private memory: Memory | undefined
  /** What came with the observation that was chosen for. */
  private given: Memory | undefined

  constructor(
    private readonly control: RootControl,
    private readonly options: { readonly explore: boolean; readonly rng: Rng; readonly episode: number },
  ) {
    this.option = new OptionReturn(control.gamma)
  }

  /** Before a round: the root chooses where its turn has come. @returns false when it ends the run */
  async beforeRound(): Promise<boolean> {
    const { agent, root, every } = this.control
    if (this.chosen !== undefined && this.option.duration < every) return true
    this.close()
    const observation = root.observation()
    const { explore, rng } = this.options
    const context = { masks: [undefined], memories: [this.memory], explore, rng }
    const [decision] = await agent.act([observation], context)
    this.given = this.memory
    this.memory = decision.memory
    this.chosen = { observation, decision }
    if (decision.action === root.stop) return false
    root.choose(decision.action as number)
    return true
  }

  /** The choice that is in force, in words. */
  get choice(): string {
    return this.chosen === undefined ? '' : this.control.root.describe(this.chosen.decision.action as number)
  }

  afterRound(result: RoundResult): void {
    this.option.add(result)
  }

  /** Whether it ended the run with its last choice. */
  get stopped(): boolean {
    return this.chosen?.decision.action === this.control.root.stop
  }

  /** What stopping pays; it lasts no round. */
  afterStop(result: RoundResult): void {
    this.option.end(result)
  }

  /** At the episode's end. */
  trajectory(): Trajectory<unknown, unknown> {
    this.close()
    return {
      episode: this.options.episode,
      actor: 'root',
      transitions: this.transitions,
      terminated: true,
      truncated: false,
      finalObservation: this.control.root.observation(),
      ...(this.memory !== undefined && { finalMemory: this.memory }),
    }
  }

  private close(): void {
    if (this.chosen === undefined) return
    const { observation, decision } = this.chosen
    const { reward, duration } = this.option
    this.transitions.push({ observation, ...decision, memory: this.given, reward, duration })
    this.chosen = undefined
    this.option = new OptionReturn(this.control.gamma)
  }
}
