import { decimal, plural } from '../../../report/words.ts'
import type { MatrixSummary } from './summary.ts'

/** What is said first, and whether it is settled who is the best. */
export function headlineOf({ aggregates, improvements, environments }: MatrixSummary): {
  readonly headline: string
  readonly clear: boolean
} {
  const where = plural(environments.length, 'environment')
  if (aggregates.length === 0) {
    return {
      headline: `No agent has a run in each of the ${where}: none is compared over them`,
      clear: false,
    }
  }
  const [best] = [...aggregates].sort((a, b) => b.mean.value - a.mean.value)
  if (aggregates.length === 1) {
    return { headline: `${best.agent}: mean score ${decimal(best.mean.value, 2)} over ${where}`, clear: true }
  }
  const open = improvements.filter(({ of, better }) => of === best.agent && !better)
  return open.length === 0
    ? { headline: `${best.agent} is the best over ${where}`, clear: true }
    : {
        headline: `${best.agent} has the highest mean score over ${where}; ${plural(open.length, 'other')} may be as good`,
        clear: false,
      }
}
