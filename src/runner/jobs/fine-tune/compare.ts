import { failure } from '../../../common/error.ts'
import { holm, LEVEL } from '../../inference/holm.ts'
import { intervalOf, MINIMUM_CLIPS, MINIMUM_SEEDS, pAbove } from '../../inference/inference.ts'
import { onInstance, type SeedItems } from '../../inference/on-instance.ts'
import type { Comparison } from './summary.ts'

/** How one clip of the test split was classified. */
export interface ClipOutcome {
  /** 1 or 0; where classes count alike, what `pointsOf` gives. */
  readonly correct: number
  /** Cross-entropy, finite. */
  readonly loss: number
}

/** [seeds][clips]: every seed on the same clips in the same order. */
export interface SchedulePredictions {
  readonly perSeed: readonly (readonly ClipOutcome[])[]
}

/** "Not worse" where nothing else is said: by less than two points of accuracy. */
export const MARGIN = 0.02

interface Evidence {
  readonly policy: SchedulePredictions
  /**
   * [clips]: what each test clip is drawn as, such as its recording, so that clips of one recording don't count as so
   * many. Default: each clip by itself.
   */
  readonly units?: readonly string[]
  /** Accuracy, a share. */
  readonly margin?: number
}

/**
 * The learned policy against every baseline: policy minus baseline, paired by seed and by test clip. Claims are right
 * about the whole family, accuracies and losses of all baselines, by Holm's correction; intervals are each by itself.
 * @throws failure `compare.shape` when two differ in seeds or clips, `compare.loss` for a loss that isn't finite
 * (bound a diverged run's losses first).
 */
export function compareWithBaselines(
  input: Evidence & { readonly baselines: Readonly<Record<string, SchedulePredictions>> },
): Record<string, Comparison> {
  const { policy, baselines, margin = MARGIN } = input
  const found = Object.entries(baselines).map(([name, baseline]) => {
    checkPairs(policy, baseline)
    const differences = (measure: (clip: ClipOutcome) => number) =>
      onInstance(differencesOf(input, baseline, measure))
    const [accuracy, loss] = [differences(clip => clip.correct), differences(clip => clip.loss)]
    return { name, accuracy, loss, p: accuracy.p(0), lossP: loss.p(0) }
  })
  const adjusted = holm(found.flatMap(({ p, lossP }) => [p, lossP]))
  const notWorse = holm(found.map(({ accuracy }) => pAbove(accuracy, -margin)))
  const sizes = { clips: policy.perSeed[0]?.length ?? 0, seeds: policy.perSeed.length }
  return Object.fromEntries(
    found.map(({ name, accuracy, loss, p, lossP }, i) => {
      const figures = {
        accuracyDifference: accuracy.mean,
        accuracyInterval: intervalOf(accuracy),
        lossDifference: loss.mean,
        lossInterval: intervalOf(loss),
        ...sizes,
        p,
        adjusted: adjusted[2 * i],
        lossP,
        lossAdjusted: adjusted[2 * i + 1],
        detectable: accuracy.detectable(LEVEL / (2 * found.length)),
        margin,
        notWorse: !tooFew(sizes) && notWorse[i] <= LEVEL,
      }
      return [name, { ...figures, verdict: judge(figures) }]
    }),
  )
}

/** The same against one baseline: a family of one. */
export function compareSchedules(input: Evidence & { readonly baseline: SchedulePredictions }): Comparison {
  const { baseline, ...evidence } = input
  return compareWithBaselines({ ...evidence, baselines: { baseline } }).baseline
}

function judge(figures: Omit<Comparison, 'verdict'>): Comparison['verdict'] {
  if (tooFew(figures)) return 'undecided'
  if (higherAccuracy(figures) || lowerLoss(figures)) return 'better'
  const { adjusted, lossAdjusted, accuracyDifference, lossDifference } = figures
  if (adjusted <= LEVEL) return 'worse'
  return lossAdjusted <= LEVEL && lossDifference > 0 && accuracyDifference <= 0 ? 'worse' : 'undecided'
}

/** Higher accuracy beyond chance. */
export function higherAccuracy({
  adjusted,
  accuracyDifference,
}: Pick<Comparison, 'adjusted' | 'accuracyDifference'>): boolean {
  return adjusted <= LEVEL && accuracyDifference > 0
}

/** Lower loss beyond chance, and accuracy no lower. */
export function lowerLoss({
  lossAdjusted,
  lossDifference,
  accuracyDifference,
}: Pick<Comparison, 'lossAdjusted' | 'lossDifference' | 'accuracyDifference'>): boolean {
  return lossAdjusted <= LEVEL && lossDifference < 0 && accuracyDifference >= 0
}

/** Below the minimum of seeds or clips nothing is claimed. */
export function tooFew({ seeds, clips }: Pick<Comparison, 'seeds' | 'clips'>): boolean {
  return seeds < MINIMUM_SEEDS || clips < MINIMUM_CLIPS
}

function differencesOf(
  { policy, units }: Evidence,
  baseline: SchedulePredictions,
  measure: (clip: ClipOutcome) => number,
): SeedItems[] {
  return policy.perSeed.map((clips, seed) => ({
    values: clips.map((clip, index) => measure(clip) - measure(baseline.perSeed[seed][index])),
    units: units ?? clips.map((_, index) => String(index)),
  }))
}

function checkPairs(policy: SchedulePredictions, baseline: SchedulePredictions): void {
  const shape = (schedule: SchedulePredictions): string =>
    JSON.stringify(schedule.perSeed.map(clips => clips.length))
  if (shape(policy) !== shape(baseline) || policy.perSeed.length === 0) {
    throw failure(
      'compare.shape',
      `schedules are compared seed by seed and clip by clip, but the policy has ${shape(policy)} clips and the ` +
        `baseline ${shape(baseline)}: score both on the same seeds and test clips`,
    )
  }
  for (const clips of [...policy.perSeed, ...baseline.perSeed]) {
    const bad = clips.find(clip => !Number.isFinite(clip.loss))
    if (bad === undefined) continue
    throw failure(
      'compare.loss',
      `a clip's loss is ${bad.loss}, and only finite losses have a mean: bound those of a diverged run before comparing`,
    )
  }
}
