import { mean } from '../../../src/common/statistics.ts'
import { decimal } from '../../../src/runner/report/words.ts'
import { table } from '../../support/measure.ts'
import type { Page, Raw } from '../redraw.ts'

/** A final run on the test split. */
interface FinalRun {
  readonly data: string
  readonly contender: string
  readonly seed: number
  /** Shares. */
  readonly primary: number
  readonly ap50: number
  readonly loss: number
  /** Of one run. */
  readonly flops: number
}

export const tasks: Page = {
  tables: { 'blood cells': raw => contenders(raw, 'detect_bccd') },
}

function contenders(raw: Raw, data: string): string {
  const runs = raw<FinalRun>('tasks').filter(run => run.data === data)
  const names = [...new Set(runs.map(({ contender }) => contender))]
  const rows = names.map(name => {
    const own = runs.filter(({ contender }) => contender === name)
    const seeds = own.map(({ primary }) => percent(primary)).join(', ')
    return [
      name,
      percent(mean(own.map(({ primary }) => primary))),
      seeds,
      percent(mean(own.map(({ ap50 }) => ap50))),
      decimal(mean(own.map(({ loss }) => loss))),
      decimal(own[0].flops / 1e9, 0),
    ]
  })
  return table(['', 'mAP, %', 'seeds 3, 4, 5', 'AP50, %', 'loss', 'GFLOP a run'], rows)
}

function percent(share: number): string {
  return decimal(100 * share, 1)
}
