import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { fineTuneSchema, IN_CODE } from '../../../../src/runner/instances/config.ts'
import type { Caveat } from '../../../../src/runner/instances/scores.ts'
import { type Ending, endingOf } from '../../../../src/runner/jobs/fine-tune/ending.ts'
import type { Comparison, FineTuneSummary } from '../../../../src/runner/jobs/fine-tune/summary.ts'
import { fixtureSummary } from '../../../fixtures/summary.ts'
import { fc, property } from '../../../support/property.ts'

const summary = fixtureSummary()

describe('what one has', () => {
  test('whose model, its score with an interval beside guessing, and where it lies', () => {
    expect(endingOf(summary).have).toBe(
      "the model of the learned policy's greedy run (the best of all that was trained): 66.3 % accuracy on " +
        '80 test clips (95 % interval 55.4 to 75.7; guessing gives 25.0 %), in runs/example/model',
    )
    const kept = with_({
      chosen: { ...summary.chosen, from: 'lpFt' },
      config: { ...summary.config, keep: 'lpFt' },
    })
    expect(endingOf(kept).have).toContain('the model of LP-FT (kept by --keep)')
    const episode = with_({ chosen: { ...summary.chosen, episode: 2 } })
    expect(endingOf(episode, path => `./${path}`).have).toMatch(
      /policy's episode 3 .*in \.\/runs\/example\/model$/,
    )
  })

  test('balanced accuracy where it counts, and how its interval was made', () => {
    const { have } = endingOf(fixtureSummary({ balanced: true }))
    expect(have).toContain('66.3 % balanced accuracy on 80 test clips')
    expect(have).toContain("from the classes' recalls; guessing")
  })

  test('no better than guessing is said, and the next step is to train longer', () => {
    const test = { ...summary.test, primary: 0.275, interval: [0.19, 0.38] as const }
    const { have, command } = endingOf(with_({ test }))
    expect(have).toContain('not clearly better than guessing, which gives 25.0 %')
    expect(command).toContain('--budget-steps 320')
  })

  test('a size of two sides is one that --size takes', () => {
    const test = { ...summary.test, primary: 0.275, interval: [0.19, 0.38] as const }
    const { command } = endingOf(with_({ test, config: { ...summary.config, size: [96, 128] } }))
    expect(command).toContain('--size 96x128 ')
    expect(fineTuneSchema.shape.size.parse('96x128')).toEqual([96, 128])
  })
})

describe('what it cost', () => {
  test('all of it, and the cheapest way to a score within the margin of the best', () => {
    const { cost } = endingOf(figured({ policy: 0.6, linearProbe: 0.585, fullFineTune: 0.5 }))
    expect(cost).toMatch(
      /^200 TFLOP and 20 min 0 s of training in all; the cheapest way to within 2 points of the best mean score here is linear probe: .* its own search included \(58\.5 %\)$/,
    )
    expect(endingOf(figured({ policy: 0.6, linearProbe: 0.57, fullFineTune: 0.595 })).cost).toContain(
      'here is full fine-tuning',
    )
    expect(endingOf(figured({ policy: 0.7, linearProbe: 0.57, fullFineTune: 0.6 })).cost).toContain(
      'here is the learned policy',
    )
  })

  test('twice the budget is a way too, with the search before it; what is solved has none', () => {
    const run = figured({ policy: 0.7, linearProbe: 0.5, fullFineTune: 0.6 })
    const { linearProbe, fullFineTune } = run.baselines
    const scores = { primary: 0.72, parts: {}, loss: 1 }
    const ownBest = { ...scores, flops: 9e12, seconds: 60 }
    const twice = { ...run, baselines: { linearProbe, fullFineTune: { ...fullFineTune, ownBest } } }
    // 6 TFLOP of search and five runs.
    expect(endingOf(twice).cost).toContain(
      'full fine-tuning for twice the budget: 51.0 TFLOP and 6 min 0 s, its',
    )
    const solved = { ...linearProbe, solved: true, primary: 0.71 }
    expect(endingOf({ ...run, baselines: { linearProbe: solved, fullFineTune } }).cost).toMatch(
      /is linear probe: 13\.0 TFLOP and 2 min 10 s \(71\.0 %\)$/,
    )
  })

  test('without baselines there is nothing to compare with', () => {
    expect(endingOf(fixtureSummary({ baselines: [] })).cost).toContain('no baseline was run')
  })
})

describe('what to do next', () => {
  const rising: Caveat = { kind: 'rising', text: 'not converged', remedy: '--budget-steps 320' }
  const edge: Caveat = { kind: 'edge', text: 'at the edge', remedy: '--baseline-rates 7' }

  test('all is well: the model labels clips', () => {
    expect(endingOf(figured({})).command).toBe('npx layergym predict --model runs/example/model data/clips')
    const manifest = { ...figured({}), data: { ...summary.data, path: "it's here/labels.csv" } }
    expect(endingOf(manifest).command).toContain("runs/example/model 'it'\\''s here'")
  })

  test('what the best baseline lacks, all of it in one command, the rest of the run as it was', () => {
    const { next, command } = endingOf(figured({ caveats: { fullFineTune: [rising, edge] } }))
    expect(next).toBe('give full fine-tuning its chance (not converged; at the edge):')
    expect(command).toBe(
      'npx layergym fine-tune --model models/mobilenet --data data/clips --agent ppo ' +
        `--agent-config '{"clip":0.2,"epochs":4}' --budget-steps 320 --batch-size 16 --baseline-rates 7 ` +
        '--out runs/example-2',
    )
  })

  test('what is to be changed is in the command, though it be the default', () => {
    const five: Caveat = { kind: 'edge', text: 'at the edge', remedy: '--baseline-rates 5' }
    const { command } = endingOf(figured({ caveats: { fullFineTune: [five] } }))
    expect(command).toContain('--baseline-rates 5')
  })

  test('what the kept model’s own schedule lacks comes first; a caveat without a remedy is no step', () => {
    const chosen = { ...summary.chosen, from: 'linearProbe' }
    const both = { ...figured({ caveats: { linearProbe: [rising], fullFineTune: [edge] } }), chosen }
    expect(endingOf(both).next).toContain('give linear probe its chance (not converged)')
    const diverged: Caveat = { kind: 'diverged', text: '1 of 3 final runs diverged' }
    expect(endingOf(figured({ caveats: { fullFineTune: [diverged] } })).command).toContain('predict')
  })

  test('more seeds where too few can’t be compared', () => {
    expect(endingOf(figured({ comparison: { seeds: 2 } })).command).toContain('--baseline-seeds 5')
    // Of what is a schedule nothing is to be found out.
    const behaviour = { words: '', schedule: 'linearProbe', readsStates: false }
    expect(endingOf({ ...figured({ comparison: { seeds: 2 } }), behaviour }).command).toContain('predict')
  })

  test('model and comparison don’t contradict: the better one’s model, unless --keep asked for this one', () => {
    const beaten = figured({ comparison: { verdict: 'worse', accuracyDifference: -0.1, adjusted: 0.01 } })
    const { next, command } = endingOf(beaten)
    expect(next).toContain('over seeds full fine-tuning does better than the policy')
    expect(command).toMatch(/--episodes 0 .*--keep fullFineTune .*--baselines fullFineTune --out/)
    const kept = { ...beaten, config: { ...beaten.config, keep: 'policy' } }
    expect(endingOf(kept).command).toContain('predict')
    const verdict = { worthIt: true, outcome: 'yes', headline: '', text: '' } as const
    const better = figured({ comparison: { verdict: 'better', accuracyDifference: 0.1, adjusted: 0.01 } })
    const chosen = { ...summary.chosen, from: 'fullFineTune' }
    expect(endingOf({ ...better, verdict, chosen }).command).toContain('--keep policy')
  })

  test('of a run in code there is no command: the settings are told', () => {
    const run = figured({ caveats: { fullFineTune: [rising] } })
    const ending: Ending = endingOf({ ...run, config: { ...run.config, model: IN_CODE } })
    expect(ending.command).toBeUndefined()
    expect(ending.next).toContain('the same call with budgetSteps: 320')
  })

  property([fc.string({ minLength: 1, unit: 'grapheme' }).filter(path => !path.includes('\0'))], {
    numRuns: 20,
  })('a shell reads any path as it is', path => {
    const run = figured({ caveats: { fullFineTune: [rising] } })
    const { command = '' } = endingOf({ ...run, config: { ...run.config, model: `/m/${path}` } })
    const words = execFileSync('sh', ['-c', `printf '%s\\0' ${command.replace('npx layergym ', '')}`])
    expect(words.toString().split('\0')).toContain(`/m/${path}`)
  })

  test('the folder after the one before', () => {
    const run = figured({ caveats: { fullFineTune: [rising] } })
    expect(endingOf({ ...run, runDir: '/runs/a-2/' }).command).toMatch(/--out \/runs\/a-3$/)
    expect(endingOf({ ...run, runDir: '/runs/2026-11-25T02-30-00' }).command).toMatch(/T02-30-00-2$/)
  })
})

function with_(changes: Partial<FineTuneSummary>): FineTuneSummary {
  return { ...summary, ...changes }
}

interface Figures {
  readonly policy?: number
  readonly linearProbe?: number
  readonly fullFineTune?: number
  readonly caveats?: Readonly<Record<string, readonly Caveat[]>>
  readonly comparison?: Partial<Comparison>
}

/** Full fine-tuning the best, nothing claimed; but for what is given. The probe is the cheapest, then full. */
function figured({
  policy = 0.6,
  linearProbe = 0.5,
  fullFineTune = 0.61,
  caveats = {},
  comparison,
}: Figures) {
  const run = fixtureSummary({ baselines: ['linearProbe', 'fullFineTune'] })
  const scores: Readonly<Record<string, number>> = { linearProbe, fullFineTune }
  const over = <T>(of: Readonly<Record<string, T>>, change: (value: T, name: string) => T) =>
    Object.fromEntries(Object.entries(of).map(([name, value]) => [name, change(value, name)]))
  const undecided = { verdict: 'undecided', adjusted: 1, lossAdjusted: 1, accuracyDifference: 0 } as const
  return {
    ...run,
    policy: { ...run.policy, primary: policy },
    baselines: over(run.baselines, (schedule, name) => ({
      ...schedule,
      primary: scores[name],
      caveats: caveats[name] ?? [],
    })),
    comparison: over(run.comparison, (figures, name) => ({
      ...figures,
      ...undecided,
      ...(name === 'fullFineTune' && comparison),
    })),
  }
}
