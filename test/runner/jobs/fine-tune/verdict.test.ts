import { describe, expect, test } from 'vitest'
import type { Caveat, ScheduleSummary } from '../../../../src/runner/instances/scores.ts'
import { costOfPolicy } from '../../../../src/runner/jobs/fine-tune/rivals.ts'
import type { Behaviour, Comparison, Verdict } from '../../../../src/runner/jobs/fine-tune/summary.ts'
import { verdict } from '../../../../src/runner/jobs/fine-tune/verdict.ts'
import { fixtureSchedule } from '../../../fixtures/summary.ts'

const RISING: Caveat = {
  kind: 'rising',
  text: 'not converged: twice the budget raises its score on the reward split by 9.0 points',
  remedy: '--budget-steps 72',
}

describe('verdict', () => {
  test('worth it: says how much, at what cost, on how much evidence', () => {
    const result = judge({ probe: { accuracy: [0.08, 0.02, 0.14] }, full: { accuracy: [0.05, 0.01, 0.09] } })
    expect(result).toMatchObject({ worthIt: true, outcome: 'yes' })
    expect(result.headline).toContain('beats the best baseline, full, by 5.0 points')
    expect(result.text).toContain('on 80 test clips and 5 seeds')
    // What was seen needs no word on what could have been.
    expect(result.text).not.toContain('would mostly not have been seen')
    expect(result.text).toMatch(/The policy cost 50\.0 TFLOP and 8 min 20 s.* full cost 20\.0 TFLOP/)
    expect(result.text).toContain('Mean test accuracy')
  })

  test('balanced accuracy is named where it counts', () => {
    expect(judge({ full: { accuracy: [0.05, 0.01, 0.09] } }, { balanced: true }).text).toContain(
      'Mean test balanced accuracy is 60.0 % against 55.0 % of full',
    )
  })

  test.each<Caveat>([
    RISING,
    { kind: 'edge', text: 'its best rate is the outermost', remedy: '--baseline-rates 7' },
    { kind: 'collapsed', text: '1 of 3 seeds ended at guessing', remedy: '--baseline-seeds 5' },
    { kind: 'diverged', text: '1 of 3 final runs diverged' },
  ])(
    'no gain is claimed over the best baseline with a caveat ($kind): what stands against it is said',
    caveat => {
      const result = judge({ full: { accuracy: [0.17, 0.07, 0.27], schedule: { caveats: [caveat] } } })
      expect(result).toMatchObject({ worthIt: false, outcome: 'undecided' })
      expect(result.headline).toContain('no gain is claimed')
      expect(result.text).toContain(caveat.text)
      if (caveat.remedy !== undefined) expect(result.text).toContain(caveat.remedy)
    },
  )

  test('another baseline than the best stands against it where it reaches the policy', () => {
    const beside = (schedule: Partial<ScheduleSummary>) =>
      judge({
        probe: { accuracy: [0.05, 0.01, 0.09] },
        full: { accuracy: [0.2, 0.1, 0.3], schedule: { caveats: [RISING], ...schedule } },
      })
    expect(beside({}).outcome).toBe('yes')
    const figures = { parts: {}, loss: 1, flops: 1e12, seconds: 9 }
    const twice = beside({ ownBest: { primary: 0.61, ...figures } })
    expect(twice.outcome).toBe('undecided')
    expect(twice.text).toContain('With twice the budget full has 61.0 % (40.0 % at equal FLOPs)')
    const seed = { seed: 1, primary: 0.7, ...figures }
    expect(beside({ perSeed: [seed] }).outcome).toBe('undecided')
  })

  test('a policy that is a schedule is named so, and no difference is claimed', () => {
    const result = judge(
      { full: { accuracy: [0.24, 0.07, 0.38] } },
      { behaviour: { words: 'the head at 1e-3 throughout', schedule: 'headOnly', readsStates: false } },
    )
    expect(result).toMatchObject({ worthIt: false, outcome: 'no' })
    expect(result.headline).toContain('what was learned is a schedule that needs no learning, head alone')
    expect(result.text).toContain('What the policy does: the head at 1e-3 throughout')
    expect(result.headline).not.toContain('beats')
  })

  test('as good and dearer is about the same; as good and the cheapest way there is worth it', () => {
    const alike = { accuracy: [0.0, -0.01, 0.01] } as const
    const dear = judge({ full: alike })
    expect(dear).toMatchObject({ worthIt: false, outcome: 'no' })
    expect(dear.headline).toBe(
      'About the same as full (not worse by more than 2 points), at 2.5 times its cost.',
    )
    const cheap = judge({ full: { ...alike, schedule: { total: { flops: 7.5e14, seconds: 100 } } } })
    expect(cheap).toMatchObject({ worthIt: true, outcome: 'yes' })
    expect(cheap.headline).toContain('at a fifteenth of its cost')
    const cheaper = {
      accuracy: [0.01, -0.05, 0.06],
      schedule: { total: { flops: 1e12, seconds: 1 } },
    } as const
    expect(
      judge({ full: { ...alike, schedule: { total: { flops: 7.5e14, seconds: 100 } } }, probe: cheaper })
        .outcome,
    ).toBe('no')
  })

  test('what learning an applied policy cost elsewhere is said not to be counted', () => {
    const full = { full: { accuracy: [0, -0.01, 0.01] } } as const
    expect(judge(full, { config: { policy: 'policy.json' } }).text).toContain(
      'its runs included, but not what learning it cost elsewhere',
    )
    expect(judge(full).text).toContain('its learning included; full cost')
  })

  test('what can’t be told apart is undecided, with what would tell', () => {
    const result = judge({ full: { accuracy: [0.01, -0.05, 0.07] } }, { seeds: 3 })
    expect(result).toMatchObject({ worthIt: false, outcome: 'undecided' })
    expect(result.text).toContain('--baseline-seeds 5')
    expect(result.text).toContain('would mostly not have been seen')
  })

  test('a baseline that beats the policy is named, the best or not', () => {
    const worse = { accuracy: [-0.1, -0.2, -0.05] } as const
    expect(judge({ full: worse }).headline).toBe(
      'Not worth it: full beats the learned policy by 10.0 points.',
    )
    const unsure = { accuracy: [-0.12, -0.3, 0.06] } as const
    expect(judge({ probe: worse, full: unsure })).toMatchObject({ outcome: 'no' })
  })

  test('a lower loss alone is told, and no gain', () => {
    const result = judge({ full: { accuracy: [0.01, -0.05, 0.06], loss: [-0.3, -0.4, -0.2] } })
    expect(result.worthIt).toBe(false)
    expect(result.text).toContain('Its loss is lower, by 0.30')
  })

  test('too little evidence: undecided, and the singular is right', () => {
    const result = judge({ full: { accuracy: [0.9, 0.8, 1] } }, { seeds: 1, clips: 1 })
    expect(result).toMatchObject({ worthIt: false, outcome: 'undecided' })
    expect(result.headline).toContain('1 seed, at least 3 needed; 1 test clip, at least 30 needed')
    expect(result.text).not.toMatch(/\b1 (seeds|test clips|points)\b/)
    expect(judge({ full: { accuracy: [0.9, 0.8, 1] } }, { seeds: 2 }).headline).not.toContain('clip')
  })

  test('without baselines, or without a comparison with them, nothing is claimed', () => {
    expect(judge({})).toMatchObject({ worthIt: false, outcome: 'undecided' })
    const baselines = { full: fixtureSchedule({ primary: 0.9 }) }
    expect(verdict({ ...PARTS, baselines, comparison: {} }).outcome).toBe('undecided')
  })
})

test('a policy that began with the best of the baselines pays for their searches, not for their final runs', () => {
  const runs = [1, 2, 3].map(seed => ({ seed, primary: 0, parts: {}, loss: 0 }))
  const full = fixtureSchedule({ perSeed: runs, flops: 10, seconds: 1, total: { flops: 100, seconds: 20 } })
  const probe = fixtureSchedule({
    perSeed: runs,
    solved: true,
    flops: 5,
    seconds: 1,
    total: { flops: 5, seconds: 1 },
  })
  const policy = fixtureSchedule({ total: { flops: 1000, seconds: 100 } })
  const parts = { policy, baselines: { full, probe } }
  expect(costOfPolicy({ ...parts, start: { from: 'full', rates: [] } })).toEqual({
    flops: 1075,
    seconds: 118,
  })
  expect(costOfPolicy({ ...parts, start: { from: 'chance', rates: [] } })).toEqual(policy.total)
})

type Range = readonly [difference: number, low: number, high: number]

interface RivalOptions {
  readonly accuracy: Range
  readonly loss?: Range
  readonly schedule?: Partial<ScheduleSummary>
}

interface JudgeOptions {
  readonly seeds?: number
  readonly clips?: number
  readonly balanced?: boolean
  readonly behaviour?: Behaviour
  readonly config?: Readonly<Record<string, unknown>>
}

const PARTS = {
  policy: fixtureSchedule({ primary: 0.6, loss: 0.9, total: { flops: 5e13, seconds: 500 } }),
  behaviour: { words: 'all groups at 1e-4, then at 3e-4', readsStates: true },
  start: { from: 'chance', rates: [] },
  task: { metric: 'accuracy' },
  config: {},
}

/** A verdict over baselines with these differences; the policy has accuracy 0.6 and loss 0.9. */
function judge(rivals: Readonly<Record<string, RivalOptions>>, options: JudgeOptions = {}): Verdict {
  const { seeds = 5, clips = 80, balanced = false, behaviour = PARTS.behaviour, config = {} } = options
  const entries = Object.entries(rivals).map(
    ([name, { accuracy, loss = [0, -0.1, 0.1] as const, schedule }]) => {
      const cost = name === 'probe' ? 1e13 : 2e13
      const figures = { primary: 0.6 - accuracy[0], loss: 0.9 - loss[0] }
      return {
        name,
        comparison: comparisonOf(accuracy, loss, { seeds, clips }),
        schedule: fixtureSchedule({ ...figures, total: { flops: cost, seconds: 100 }, ...schedule }),
      }
    },
  )
  return verdict({
    ...PARTS,
    behaviour,
    config,
    task: { metric: balanced ? 'balanced accuracy' : 'accuracy' },
    baselines: Object.fromEntries(entries.map(({ name, schedule }) => [name, schedule])),
    comparison: Object.fromEntries(entries.map(({ name, comparison }) => [name, comparison])),
  })
}

function comparisonOf(
  accuracy: Range,
  loss: Range,
  evidence: { readonly seeds: number; readonly clips: number },
): Comparison {
  const better = accuracy[1] > 0 || (loss[2] < 0 && accuracy[0] >= 0)
  const worse = accuracy[2] < 0
  return {
    p: better || worse ? 0.001 : 0.5,
    adjusted: accuracy[1] > 0 || worse ? 0.01 : 1,
    lossP: 0.5,
    lossAdjusted: loss[2] < 0 || loss[1] > 0 ? 0.01 : 1,
    detectable: 0.1,
    margin: 0.02,
    notWorse: accuracy[1] > -0.02,
    accuracyDifference: accuracy[0],
    accuracyInterval: [accuracy[1], accuracy[2]],
    lossDifference: loss[0],
    lossInterval: [loss[1], loss[2]],
    ...evidence,
    verdict: better ? 'better' : worse ? 'worse' : 'undecided',
  }
}
