import { join } from 'node:path'
import type { Command } from 'commander'
import { learnPolicySchema } from '../runner/jobs/learn-policy/config.ts'
import type { LearnPolicySummary } from '../runner/jobs/learn-policy/summary.ts'
import { flops, plural } from '../runner/report/words.ts'
import type { Io } from './command.ts'
import { addRun } from './watched.ts'

/** `layergym learn-policy`: one policy over many instances, to be applied to others. */
export function learnPolicyCommand(program: Command, io: Io): void {
  const command = program
    .command('learn-policy')
    .description(
      'learn one policy over many instances (datasets, models), to be applied to others without learning',
    )
  addRun(command, io, learnPolicySchema, learnPolicyWords, async (settings, hooks) => {
    const { learnPolicy } = await import('../runner/jobs/learn-policy/learn-policy.ts')
    return learnPolicy(settings, hooks)
  })
}

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
