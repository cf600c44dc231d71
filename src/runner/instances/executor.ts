import type { Clip, Item } from '../../data/dataset.ts'
import type { ExecutorOptions } from '../../models/eager-executor.ts'
import type { ExecutorName } from '../../models/executor-names.ts'
import { chooseExecutor } from '../../models/executors.ts'
import type { PixelSource } from '../../models/prefix.ts'
import type { WholeConfig } from './config.ts'

interface TrialClips {
  readonly clips: readonly Clip[]
  readonly pixels: PixelSource
  readonly items: ((clips: readonly Clip[]) => readonly Item[]) | undefined
  readonly notice: (message: string) => void
}

/** Of a trial: enough for a batch's axis to be one. */
const TRIAL_CLIPS = 2

/** The executor that a run computes with from its first step to its last; says so where it isn't the one to be expected. */
export function executorFor(
  config: WholeConfig,
  options: ExecutorOptions,
  { clips, pixels, items, notice }: TrialClips,
): ExecutorName {
  const { network, task } = options
  const some = clips.slice(0, TRIAL_CLIPS)
  const trial = () => ({
    input: network.input(pixels(some), some.length),
    clips: some.length,
    from: 0,
    targets: (items?.(some) ?? some).map(item => task.target(item)),
  })
  const rehearsal = { steps: plannedSteps(config), trial, norm: config.norm }
  const { name, reason } = chooseExecutor(config.executor, options, rehearsal)
  if (reason !== undefined) notice(`training steps are computed one operation at a time: ${reason}`)
  return name
}

/** Of all episodes and baselines, at the least. */
function plannedSteps({ budgetSteps, episodes, baselines, baselineSeeds }: WholeConfig): number {
  return budgetSteps * (episodes + baselines.length * baselineSeeds)
}
