import { join } from 'node:path'
import { flops, plural } from '../../report/words.ts'
import type { LearnPolicySummary } from './summary.ts'

/** A policy's end for people. */
export function learnPolicyWords({
  agent,
  control,
  instances,
  updates,
  cost,
  policy,
  runDir,
}: LearnPolicySummary): string {
  const learned = Object.entries(updates).map(([name, count]) => `${name}: ${plural(count, 'update')}`)
  return [
    `${agent}, ${control} control, on ${plural(instances.length, 'instance')}: ${plural(cost.episodes, 'episode')}, ${flops(cost.flops)}; ${learned.join(', ')}`,
    `policy: ${policy}`,
    `report: ${join(runDir, 'report.html')}`,
  ].join('\n')
}
