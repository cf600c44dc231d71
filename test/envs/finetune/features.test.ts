import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  defaultStateSpace,
  type GlobalStatistics,
  namesOf,
  observe,
} from '../../../src/envs/finetune/features.ts'
import { Probe } from '../../../src/envs/finetune/probe.ts'
import { groupStatistics } from '../../../src/envs/finetune/statistics.ts'
import type { LayerGroup } from '../../../src/models/groups.ts'
import { centredGram, gradientFigures, norm } from '../../../src/models/statistics.ts'
import type { Trainee } from '../../../src/models/trainee.ts'

type Groups = readonly (readonly (readonly number[])[])[]

interface Golden {
  readonly parameters: readonly number[]
  readonly flops: readonly number[]
  readonly settings: readonly { readonly frozen: boolean; readonly learningRate: number }[]
  readonly global: readonly GlobalStatistics[]
  readonly decisions: readonly {
    readonly weights: Groups
    readonly halves: readonly [Groups, Groups]
    readonly activations: readonly (readonly (readonly number[])[])[]
    /** [groups, features] */
    readonly observed: readonly (readonly number[])[]
  }[]
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../../golden/features_numpy.json', import.meta.url), 'utf8'),
)
const arrays = (group: Groups[number]) => group.map(values => Float32Array.from(values))
const nameOf = (group: number, variable: number) => `${group}/${variable}`
const gradients = (groups: Groups) => ({
  gradients: new Map(
    groups.flatMap((group, g) => arrays(group).map((values, v) => [nameOf(g, v), values] as const)),
  ),
})

/** Has the weights, gradients and activations of the golden file instead of a network's. */
class Recorded {
  decision = 0

  probe(_clips: unknown, previous: ReadonlyMap<string, Float32Array> | undefined) {
    const { halves } = golden.decisions[this.decision]
    const [one, two] = halves.map(gradients)
    const mean = new Map<string, Float32Array>()
    const figures = halves[0].map((group, g) => {
      const names = group.map((_, v) => nameOf(g, v))
      const own = gradientFigures(names, [one, two], previous)
      for (const [name, values] of own.mean) mean.set(name, values)
      return own.figures
    })
    return { figures, grams: this.activations(), mean }
  }

  norms(before: number | undefined) {
    return golden.decisions[this.decision].weights.map((group, g) => {
      const own = arrays(group)
      const earlier = before === undefined ? own : arrays(golden.decisions[before].weights[g])
      return { norm: norm(own), moved: norm(own, earlier) }
    })
  }

  private activations() {
    return golden.decisions[this.decision].activations.map(rows =>
      centredGram(Float32Array.from(rows.flat()), rows.length),
    )
  }
}

test('what agents see equals numpy’s, feature by feature, over three decisions', () => {
  const trainee = new Recorded()
  const probe = new Probe(trainee as unknown as Trainee, [])
  const groups = golden.parameters.map((parameters, g) => ({ parameters, flops: golden.flops[g] }))
  const ids = [...defaultStateSpace.group, ...defaultStateSpace.global].map(({ id }) => id)
  for (const [t, { observed }] of golden.decisions.entries()) {
    trainee.decision = t
    probe.measure((t === 0 ? undefined : t - 1) as never)
    for (const [g, wanted] of observed.entries()) {
      const own = groupStatistics(groups as unknown as readonly LayerGroup[], g, golden.settings[g] as never)
      const seen = observe(defaultStateSpace, { ...own, ...probe.figures(g) }, golden.global[t])
      expect(seen).toHaveLength(wanted.length)
      for (const [i, value] of wanted.entries())
        expect(seen[i], `decision ${t}, group ${g}, ${ids[i]}`).toBeCloseTo(value, 5)
    }
  }
  // None is constant, or cut off everywhere.
  for (const [i, id] of ids.entries()) {
    const values = golden.decisions.flatMap(({ observed }) => observed.map(row => row[i]))
    expect(new Set(values).size, id).toBeGreaterThan(1)
    expect(Math.min(...values.map(Math.abs)), id).toBeLessThan(
      1 + Number(id === 'is-head' || id === 'frozen'),
    )
  }
})

test('features have the names by which others read them', () => {
  expect(namesOf(defaultStateSpace)).toEqual({
    group: [
      ...[
        'depth',
        'parameter-share',
        'flop-share',
        'is-head',
        'frozen',
        'learning-rate',
        'relative-gradient',
      ],
      ...['relative-gradient-rank', 'sensitivity', 'update-ratio', 'signal-to-noise', 'drift', 'alignment'],
      'activation-shift',
    ],
    global: ['budget-left', 'loss', 'trend', 'generalisation-gap', 'score'],
  })
})

test('what can’t be computed reads 0, and what lies outside the interval its nearest end', () => {
  const feature = (id: string, value: number) => ({ id, description: '', value: () => value })
  const space = {
    group: [feature('a', Number.NaN), feature('b', -3)],
    global: [feature('c', 7), feature('d', 0.5)],
  }
  expect([...observe(space, {} as never, {} as never)]).toEqual([0, -1, 1, 0.5])
})
