import { folded, type Html, html, table } from '../../report/html.ts'
import { decimal } from '../../report/words.ts'
import type { Joined } from './joined/join.ts'
import type { Difference } from './summary.ts'

/** A figure, and its interval below it. */
export function within(figure: string, interval: string): Html {
  return interval === '-' ? html`${figure}` : html`${figure}<br>${interval}`
}

export function intervalWords(interval: readonly [number, number] | undefined): string {
  return interval === undefined ? '-' : `${decimal(interval[0], 2)} to ${decimal(interval[1], 2)}`
}

/** A probability, or a part of all. */
export function shareWords(value: number): string {
  return `${Math.round(100 * value)} %`
}

/** What a difference comes to. */
export function differenceWord({ interval, better }: Pick<Difference, 'interval' | 'better'>): string {
  if (interval === undefined) return 'one seed tells nothing'
  return better ? 'better' : 'not distinguished'
}

interface Runs {
  /** Of the columns behind the run's name; its hash comes last. */
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  readonly versions: Readonly<Record<string, string>>
  readonly joined?: Joined
}

/** Every run as a row, folded; runs of other tools have no folder here. */
export function runsTable({ head, rows, versions, joined }: Runs): Html {
  const folders = joined === undefined ? 'Every run has a folder beside this page, with its own report. ' : ''
  const software = Object.entries(versions).map(([name, value]) => `${name} ${value}`)
  const content = table({
    caption: `${folders}${software.join(', ')}.`,
    head: ['', ...head, 'hash'],
    words: [head.length + 1],
    rows,
  })
  return html`<section><h2>Runs</h2>${folded('Table of runs', content)}</section>`
}
