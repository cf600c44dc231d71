import type { GroupSetting } from '../../../envs/finetune/actions.ts'
import type { FineTuning } from '../../../envs/finetune/world.ts'
import type { WorldState } from '../../../envs/finetune/world-state.ts'
import { weightsDigest } from '../../instances/fingerprints.ts'
import type { Composition } from '../../instances/instance.ts'
import { fromItsBeginning } from '../../instances/start.ts'
import { boundedTestScores } from '../../instances/test-scores.ts'
import type { Clock } from '../../play/roles.ts'
import { decimal, plural } from '../../report/words.ts'
import { digestOf } from '../../runs/digest.ts'
import type { Hands, Unit } from '../../runs/job.ts'
import type { WholeTabulateConfig } from './config.ts'
import { type Part, type RunEnd, returnsOf } from './tree.ts'
import { type TreeNode, Walker } from './walker.ts'

interface Begun {
  readonly world: FineTuning<unknown>
  readonly walker: Walker<GroupSetting, WorldState>
}

/** Does parts of a tree on one network: of those done one after the other, each goes on from what it shares with the last. */
export class TabulateHands implements Hands {
  private begun?: Promise<Begun>

  constructor(
    private readonly config: WholeTabulateConfig,
    private readonly composition: Composition,
    private readonly clock: Clock,
  ) {}

  /** @param key `tree/`, then the choices that the part begins with */
  unit(key: string): Unit<Part> {
    const [root, ...path] = key.split('/')
    return {
      key,
      elsewhere: { group: `${root}/${path[0]}` },
      digest: part => digestOf(part),
      ended: part => ({ type: 'notice', message: this.words(path.map(Number), part) }),
      run: () => this.part(path.map(Number)),
    }
  }

  close(): void {
    this.composition.dispose()
  }

  private async part(path: readonly number[]): Promise<Part> {
    this.begun ??= this.begin()
    const { world, walker } = await this.begun
    const nodes: TreeNode[] = []
    const ends: RunEnd[] = []
    await walker.part(path, node => {
      nodes.push(node)
      if (node.terminated) ends.push(this.endOf(node, world))
    })
    return { nodes, ends }
  }

  private async begin(): Promise<Begun> {
    const { budgetSteps, choices, seed } = this.config
    const own = await fromItsBeginning(this.composition, this.clock)
    const world = own.variant({ budgetSteps, probed: false })
    const settings = Object.values(choices).map(rates => world.settingsAt(rates))
    return { world, walker: new Walker(world, seed, settings) }
  }

  private endOf({ path }: TreeNode, world: FineTuning<unknown>): RunEnd {
    const { trainee } = world.options
    const { handle, score } = world.best
    const content = weightsDigest(trainee.read(handle), trainee.network)
    trainee.recall(handle)
    const { primary, loss } = boundedTestScores(trainee, this.composition).score
    return { path, score, test: { primary, loss }, content }
  }

  private words(path: readonly number[], part: Part): string {
    const names = Object.keys(this.config.choices)
    const returns = [...returnsOf(part).values()]
    return `${path.map(choice => names[choice]).join(', ')}: ${plural(returns.length, 'run')}, best return ${decimal(Math.max(...returns))}`
  }
}
