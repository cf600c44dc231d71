import { type Html, html } from '../../report/html.ts'
import { decimal } from '../../report/words.ts'

/** A figure, and its interval below it. */
export function within(figure: string, interval: string): Html {
  return interval === '-' ? html`${figure}` : html`${figure}<br>${interval}`
}

export function intervalWords(interval: readonly [number, number] | undefined): string {
  return interval === undefined ? '-' : `${decimal(interval[0], 2)} to ${decimal(interval[1], 2)}`
}
