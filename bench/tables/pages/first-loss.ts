import { table } from '../../support/measure.ts'
import type { Page } from '../redraw.ts'

interface Row {
  readonly model: string
  readonly data: string
  readonly refused?: string
  readonly classes: number
  readonly clips: number
  /** Nats. */
  readonly entropy: number
  readonly first: number
  readonly reward: number
}

export const firstLoss: Page = {
  tables: { pairs: raw => pairs(raw<Row>('first-loss')), refused: raw => refused(raw<Row>('first-loss')) },
}

function pairs(rows: readonly Row[]): string {
  const measured = rows.filter(row => row.refused === undefined)
  const sets = [...new Set(measured.map(({ data }) => data))]
  return table(
    ['data', 'classes', 'train clips', 'networks', 'entropy of the prior', 'furthest first loss', 'off by'],
    sets.map(data => {
      const own = measured.filter(row => row.data === data)
      const off = ({ first, entropy }: Row) => Math.abs(first / entropy - 1)
      const worst = own.reduce((a, b) => (off(b) > off(a) ? b : a))
      return [
        data,
        worst.classes,
        worst.clips,
        own.length,
        worst.entropy.toFixed(4),
        worst.first.toFixed(4),
        `${(100 * off(worst)).toFixed(4)} %`,
      ]
    }),
  )
}

function refused(rows: readonly Row[]): string {
  const reasons = new Map<string, number>()
  for (const { model, refused: reason } of rows)
    if (reason !== undefined) {
      const key = `${model}: ${reason.trim()}`
      reasons.set(key, (reasons.get(key) ?? 0) + 1)
    }
  return table(
    ['network, and what it is refused for', 'data sets'],
    [...reasons].sort().map(([reason, count]) => [reason, count]),
  )
}
