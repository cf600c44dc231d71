import { integer, plural } from '../../../report/words.ts'
import type { IdentifiedRun } from './identity.ts'
import type { Measured } from './measure.ts'

/** What a reader has to know of runs that come from several tools. @param whole as they were logged, beyond the budget too */
export function notesOf(
  runs: readonly Measured[],
  budget: number,
  whole: readonly IdentifiedRun[],
): readonly string[] {
  const doubts = new Map<string, number>()
  for (const { name, doubts: own } of runs)
    for (const doubt of own) doubts.set(`${name}: ${doubt}`, (doubts.get(`${name}: ${doubt}`) ?? 0) + 1)
  const longer = whole.filter(({ steps }) => steps > 1.01 * budget)
  const most = Math.max(...whole.map(({ steps }) => steps))
  const shorter = whole.filter(({ steps }) => steps < 0.95 * budget)
  const seeds = new Set(
    [...new Set(runs.map(({ name }) => name))].map(name =>
      JSON.stringify(
        runs
          .filter(run => run.name === name)
          .map(({ env, seed }) => `${env} ${seed}`)
          .sort(),
      ),
    ),
  )
  return [
    ...(longer.length === 0
      ? []
      : [
          `compared up to ${integer(budget)} steps; ${plural(longer.length, 'run goes', 'runs go')} on, to ${integer(most)} at most`,
        ]),
    ...(shorter.length === 0
      ? []
      : [
          `${plural(shorter.length, 'run ends', 'runs end')} before the ${integer(budget)} steps of the comparison`,
        ]),
    ...(seeds.size > 1
      ? ['not all have the same seeds in the same environments: tests take runs as unpaired']
      : []),
    ...(runs.some(({ tool }) => tool !== 'layergym')
      ? [
          'options, wrappers and versions are not in other tools’ logs: that environments are the same is taken from their names',
          'returns of other tools are as they were logged: where rewards were normalised inside of what logs, these are too',
        ]
      : []),
    ...[...doubts].map(([doubt, count]) => (count === 1 ? doubt : `${doubt} (${count} runs)`)),
  ]
}
