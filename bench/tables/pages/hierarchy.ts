import { median } from '../../../src/common/quantile.ts'
import { Rng } from '../../../src/common/random.ts'
import { mean } from '../../../src/common/statistics.ts'
import { acrossInstances, minimumInstances } from '../../../src/runner/inference/across-instances.ts'
import { holm, LEVEL } from '../../../src/runner/inference/holm.ts'
import { intervalOf } from '../../../src/runner/inference/inference.ts'
import { decimal, pWords, signed } from '../../../src/runner/report/words.ts'
import { table } from '../../support/measure.ts'
import type { Page, Raw } from '../redraw.ts'

/** A cell of a published table: the mean of five seeds, rounded to a tenth of a point. */
interface Cell {
  readonly instance: string
  readonly contender: string
  readonly accuracy: number
}

export const hierarchy: Page = {
  tables: {
    'what twelve shifts support': raw => supported(raw, 'shifts-published', 'full'),
    'what five tasks support': raw => supported(raw, 'clips-published', 'full'),
    'five tasks, the run as it is now': raw => nowBeside(raw, 'clips-now', 'clips-published'),
    'what five tasks support now': raw => supported(inMeans(raw), 'clips-now', 'full'),
    'five tasks, compiled': raw => nowBeside(raw, 'clips-compiled', 'clips-now'),
  },
}

/** One outcome of the study with the run as it is now. */
interface Now extends Cell {
  readonly seed: number
  /** Everything on the instance, in budgets. */
  readonly cost: number
}

/** Means over seeds, as published tables have them. */
function inMeans(raw: Raw): Raw {
  return <T>(name: string) => {
    const rows = raw<Now>(name)
    const keys = [...new Set(rows.map(({ instance, contender }) => JSON.stringify([instance, contender])))]
    return keys.map(key => {
      const [instance, contender] = JSON.parse(key) as [string, string]
      const own = rows.filter(row => row.instance === instance && row.contender === contender)
      return { instance, contender, accuracy: mean(own.map(({ accuracy }) => accuracy)) } as T
    })
  }
}

/** Each contender's means by instance; in brackets what it had before, under the same settings. */
function nowBeside(raw: Raw, now: string, before: string): string {
  const rows = raw<Now>(now)
  const means = inMeans(raw)<Cell>(now)
  const old = inMeans(raw)<Cell>(before)
  const instances = [...new Set(rows.map(({ instance }) => instance))]
  const contenders = [...new Set(rows.map(({ contender }) => contender))].map(id => {
    const of = (cells: readonly Cell[], instance: string) =>
      cells.find(cell => cell.instance === instance && cell.contender === id)?.accuracy
    const own = instances.map(instance => of(means, instance) ?? Number.NaN)
    const then = instances.map(instance => of(old, instance))
    return { id, own, then, cost: mean(rows.filter(row => row.contender === id).map(({ cost }) => cost)) }
  })
  const cell = (value: number, then: number | undefined) =>
    `${decimal(100 * value, 1)}${then === undefined ? '' : ` (${decimal(100 * then, 1)})`}`
  return table(
    ['', 'mean', ...instances, 'everything, in budgets'],
    contenders
      .sort((a, b) => mean(b.own) - mean(a.own))
      .map(({ id, own, then, cost }) => [
        id,
        cell(mean(own), then.includes(undefined) ? undefined : mean(then as number[])),
        ...own.map((value, i) => cell(value, then[i])),
        decimal(cost, 2),
      ]),
  )
}

/** Each contender against one, over instances: an instance's mean is all that the test across instances needs. */
function supported(raw: Raw, name: string, reference: string): string {
  const cells = raw<Cell>(name)
  const instances = [...new Set(cells.map(({ instance }) => instance))]
  const of = (contender: string) =>
    instances.map(instance => {
      const cell = cells.find(each => each.instance === instance && each.contender === contender)
      if (cell === undefined) throw new Error(`${name} has no ${contender} on ${instance}`)
      return cell.accuracy
    })
  const base = of(reference)
  const others = [...new Set(cells.map(({ contender }) => contender))].filter(id => id !== reference)
  const found = others.map(id => {
    const values = of(id).map((accuracy, i) => accuracy - base[i])
    return { id, values, inference: acrossInstances(values, () => Rng.of(1, 'flips', id)) }
  })
  const adjusted = holm(found.map(({ inference }) => inference.p(0)))
  const enough = instances.length >= minimumInstances(others.length)
  const rows = found.map(({ id, values, inference }, i) => {
    const [low, high] = intervalOf(inference)
    const claim = !enough || adjusted[i] > LEVEL ? '' : inference.mean > 0 ? 'better' : 'worse'
    return {
      mean: inference.mean,
      row: [
        id,
        points(inference.mean),
        `${points(low)} to ${points(high)}`,
        points(median(values)),
        pWords(inference.p(0)),
        pWords(adjusted[i]),
        decimal(100 * inference.detectable(LEVEL / others.length), 1),
        claim,
      ],
    }
  })
  const head = [`points from ${reference}`, '95 %', 'median', 'p', 'adjusted p', 'detectable', '']
  return table(
    ['', ...head],
    rows.sort((a, b) => b.mean - a.mean).map(({ row }) => row),
  )
}

/** Of a share. */
function points(share: number): string {
  return signed(100 * share, 1)
}
