import { folded, type Html, html, table } from '../../report/html.ts'
import { decimal, percent, plural, pWords, signed } from '../../report/words.ts'
import type { Evidence, PairedDifference, StudyComparison } from './summary.ts'

/** What is claimed, and every other difference as it is. */
export function differencesSection(summary: StudyComparison): Html {
  const { differences, reference, evidence } = summary
  const rows = (some: readonly PairedDifference[]) =>
    [...some]
      .sort((a, b) => b.accuracy - a.accuracy)
      .map(pair => [
        `${pair.of} − ${pair.from}`,
        signed(100 * pair.accuracy, 1),
        between(pair.accuracyInterval),
        pWords(pair.p),
        pair.adjusted === undefined ? '-' : pWords(pair.adjusted),
        pair.detectable === undefined ? '-' : points(pair.detectable),
        signed(pair.loss),
        percent(pair.probabilityOfImprovement),
        claimWords(pair),
      ])
  const head = ['', 'points', '95 % interval', 'p', 'adjusted p', 'detectable', 'loss', 'improves', '']
  const caption = `Differences in test score, paired by instance and seed. Intervals and p are each by itself, uncorrected; the adjusted p is Holm’s, over ${plural(evidence.comparisons, 'comparison')}, and what is claimed goes by it. Detectable: the least true difference, in points, that such a study would have claimed in four of five cases. Not worse: the difference is above −${marginWords(summary)}, by the same correction.`
  return html`<section><h2>Differences from ${reference}</h2>${table({
    caption,
    head,
    words: [8],
    rows: rows(differences.filter(({ from }) => from === reference)),
  })}${folded('All differences', table({ caption, head, words: [8], rows: rows(differences) }))}</section>`
}

/** What intervals are about, and what claims are corrected for. */
export function evidenceWords({ unit, comparisons }: Evidence): string {
  const about = {
    instances: 'Intervals are about other instances: each counts once, whatever its seeds and test items.',
    'seeds and items': 'Intervals are about other seeds and test items of this one instance.',
    seeds: 'Intervals are about other seeds alone: which test items were drawn is not in them.',
  }
  return `${about[unit]} Claims are corrected for ${plural(comparisons, 'comparison')} (Holm); intervals are not.`
}

export function marginWords({ margin }: Pick<StudyComparison, 'margin'>): string {
  const value = Number((100 * margin).toPrecision(3))
  return `${value} ${value === 1 ? 'point' : 'points'}`
}

export function claimWords({ verdict, notWorse }: PairedDifference): string {
  return verdict === 'undecided' && notWorse === true ? 'not worse' : verdict
}

/** Of shares, in points. */
export function between([low, high]: readonly [number, number]): string {
  return Number.isFinite(low) ? `${decimal(100 * low, 1)} to ${decimal(100 * high, 1)}` : '-'
}

function points(share: number): string {
  return Number.isFinite(share) ? decimal(100 * share, 1) : '-'
}
