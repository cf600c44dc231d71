import { minimumInstances } from '../../inference/across-instances.ts'
import { MINIMUM_CLIPS, MINIMUM_SEEDS } from '../../inference/inference.ts'
import { plural } from '../../report/words.ts'
import type { Outcome } from './outcome.ts'
import type { Evidence } from './summary.ts'

/** What a study's outcomes can support, where so many comparisons are made. */
export function evidenceOf(outcomes: readonly Outcome[], comparisons: number): Evidence {
  const instances = new Set(outcomes.map(({ instance }) => instance)).size
  const seeds = new Set(outcomes.map(({ seed }) => seed)).size
  const unit =
    instances > 1
      ? 'instances'
      : outcomes.every(({ items }) => items !== undefined)
        ? 'seeds and items'
        : 'seeds'
  const items = Math.min(...outcomes.map(outcome => outcome.items?.units.length ?? Number.POSITIVE_INFINITY))
  const tooLittle = [
    ...(seeds < MINIMUM_SEEDS ? [less(seeds, 'seed', `at least ${MINIMUM_SEEDS} are needed`)] : []),
    ...(unit === 'instances' && instances < minimumInstances(comparisons)
      ? [
          less(
            instances,
            'instance',
            `at least ${minimumInstances(comparisons)} are needed for ${plural(comparisons, 'comparison')}`,
          ),
        ]
      : []),
    ...(unit === 'seeds'
      ? ['Outcomes without their test items support no claim about a single instance']
      : []),
    ...(unit === 'seeds and items' && items < MINIMUM_CLIPS
      ? [less(items, 'test item', `at least ${MINIMUM_CLIPS} are needed`)]
      : []),
  ].join('. ')
  return { unit, comparisons, ...(tooLittle !== '' && { tooLittle: `${tooLittle}.` }) }
}

function less(count: number, what: string, needed: string): string {
  return `${plural(count, what)} ${count === 1 ? 'supports' : 'support'} no claim: ${needed}`
}
