import { csvField } from '../../../common/csv.ts'
import type { TabulateOutcomes } from './summary.ts'
import { keyOf } from './tree.ts'

const HEAD = [
  ...['choices', 'round', 'reward', 'terminated', 'diverged', 'step', 'flops'],
  ...['score', 'reward_loss', 'reward_primary', 'end_score', 'test_primary', 'test_loss'],
]

/** Every round of the tree as a row, `;` between the choices that led there; where runs end, their end too. */
export function treeTable({ config, tree }: TabulateOutcomes): string {
  const names = Object.keys(config.choices)
  const ends = new Map(tree.ends.map(end => [keyOf(end.path), end]))
  const rows = tree.nodes.map(({ path, ...node }) => {
    const end = ends.get(keyOf(path))
    return [
      csvField(path.map(choice => names[choice]).join(';')),
      ...[path.length, node.reward, node.terminated, node.diverged, node.step, node.flops],
      ...[node.score, node.rewardLoss, node.rewardPrimary],
      ...[end?.score ?? '', end?.test.primary ?? '', end?.test.loss ?? ''],
    ].join(',')
  })
  return `${[HEAD.join(','), ...rows].join('\n')}\n`
}
