import type { RoundResult, World } from '../../../envs/world.ts'

type Trained<S, W> = Pick<World<unknown, S, W>, 'reset' | 'train' | 'snapshot' | 'restore'>

/** What a round of a course came to. Courses are numbers of choices, one a round. */
export interface TreeNode {
  readonly path: readonly number[]
  readonly reward: number
  readonly terminated: boolean
  readonly diverged: boolean
  /** Steps and FLOPs of the run so far. */
  readonly step: number
  readonly flops: number
  /** After it, on the reward split. */
  readonly score: number
  readonly rewardLoss: number
  readonly rewardPrimary: number
}

interface Held<W> {
  readonly choice: number
  readonly state: W
  readonly result: RoundResult
}

/**
 * Goes to the nodes of a tree of rounds, each from the nearest of its ancestors that are still held: courses that are taken
 * in order train every round once, and no more states than a course is long are kept.
 */
export class Walker<S, W> {
  private root: W | undefined
  private held: readonly Held<W>[] = []

  /** @param choices settings of all groups, for a round */
  constructor(
    private readonly world: Trained<S, W>,
    private readonly seed: number,
    private readonly choices: readonly (readonly S[])[],
  ) {}

  /** The world as it is after these choices, of which none comes after the run's end. */
  async walk(path: readonly number[]): Promise<TreeNode> {
    const { world } = this
    if (this.root === undefined) {
      await world.reset(this.seed)
      this.root = world.snapshot()
    }
    const other = this.held.findIndex(({ choice }, i) => choice !== path[i])
    this.held = this.held.slice(0, other < 0 ? path.length : other)
    world.restore(this.held.at(-1)?.state ?? this.root)
    for (const choice of path.slice(this.held.length)) {
      const result = await world.train(this.choices[choice])
      this.held = [...this.held, { choice, state: world.snapshot(), result }]
    }
    return nodeOf(path, (this.held.at(-1) as Held<W>).result)
  }

  /**
   * The nodes on the way to one and all below it, each before those that follow it.
   * @param take told of each while the world is there
   */
  async part(path: readonly number[], take: (node: TreeNode) => void): Promise<void> {
    for (let length = 1; length <= path.length; length++) {
      const node = await this.walk(path.slice(0, length))
      take(node)
      if (node.terminated) return
    }
    await this.below(path, take)
  }

  private async below(path: readonly number[], take: (node: TreeNode) => void): Promise<void> {
    for (const [choice] of this.choices.entries()) {
      const node = await this.walk([...path, choice])
      take(node)
      if (!node.terminated) await this.below(node.path, take)
    }
  }
}

function nodeOf(path: readonly number[], result: RoundResult): TreeNode {
  const { reward, terminated, diverged, step, flops, evaluation } = result
  const { score, loss, primary } = evaluation
  return {
    ...{ path, reward, terminated, diverged, step, flops },
    ...{ score, rewardLoss: loss, rewardPrimary: primary },
  }
}
