import type { LayerGroup } from '../../models/groups.ts'
import type { GroupSetting } from './actions.ts'
import type { GroupStatistics } from './features.ts'

/** Of what a group is among the others, and how it is trained; what is measured of it comes from the probe. */
export function groupStatistics(
  groups: readonly LayerGroup[],
  group: number,
  { frozen, learningRate }: GroupSetting,
): Pick<
  GroupStatistics,
  'depth' | 'groups' | 'parameterShare' | 'flopShare' | 'isHead' | 'frozen' | 'learningRate'
> {
  const sum = (of: 'parameters' | 'flops') => groups.reduce((total, each) => total + each[of], 0)
  const depth = groups.length - 1 - group
  return {
    depth,
    groups: groups.length,
    parameterShare: groups[group].parameters / sum('parameters'),
    flopShare: groups[group].flops / sum('flops'),
    isHead: depth === 0,
    frozen,
    learningRate,
  }
}
