import { median } from '../../common/quantile.ts'
import { endedBy, timeLeft } from '../jobs/fine-tune/plan/left.ts'
import type { RunEvent } from '../runs/events.ts'
import type { Story } from './story.ts'

/** Of a run's phase: how much of it is done. */
export interface Progress {
  readonly phase: string
  readonly done: number
  readonly of: number
  /** Until the end of all that is foreseen; absent where nothing tells. */
  readonly secondsLeft?: number
}

/** Ends whose distance says how long one takes. */
const RECENT = 20
/** Seconds: between two ends, so much more than twice what the later one took is time in which nobody worked. */
const PATIENCE = 60

/**
 * What is going on, by what a run's logs tell.
 * @param outcomes units that are done
 * @param now milliseconds since 1970
 */
export function progressOf(stories: readonly Story[], outcomes: number, now: number): Progress | undefined {
  const phases = stories.flatMap(story => story.phases.slice(-1))
  const [current] = phases
  if (current === undefined) return undefined
  const { phase } = current
  const of = phases.reduce((sum, { total }) => sum + total, 0)
  const done = Math.min(of, doneOf(phase, stories, outcomes))
  const secondsLeft = stories.length === 1 ? leftOf(stories[0], { done, of }, now) : undefined
  return { phase, done, of, ...(secondsLeft !== undefined && { secondsLeft }) }
}

function doneOf(phase: string, stories: readonly Story[], outcomes: number): number {
  const count = (of: (story: Story) => number) => stories.reduce((sum, story) => sum + of(story), 0)
  const isSearch = ({ key }: { readonly key: string }) => key.startsWith('search/')
  switch (phase) {
    case 'steps':
      return count(({ curve }) => curve.at(-1)?.step ?? 0)
    case 'episodes':
      return count(({ episodes }) => episodes.filter(({ kind }) => kind === 'learning').length)
    case 'baselines: learning rates':
      // The last that is searched for isn't done before the next phase.
      return count(({ runs }) =>
        Math.max(0, new Set(runs.filter(isSearch).map(({ key }) => key.split('/')[1])).size - 1),
      )
    case 'final runs':
      return count(({ runs }) => runs.filter(run => !isSearch(run)).length)
    default:
      return outcomes
  }
}

function leftOf(story: Story, { done, of }: { done: number; of: number }, now: number): number | undefined {
  if (story.plan !== undefined) return plannedLeft(story, story.plan, now)
  const training = story.curve.at(-1)
  if (training !== undefined && training.step > 0)
    return ((of - training.step) * training.seconds) / training.step
  const times = story.ends.slice(-RECENT - 1).map(({ time }) => time)
  if (times.length < 2) return undefined
  const each = median(times.slice(1).map((time, i) => time - times[i]))
  return ((of - done) * each) / 1000
}

function plannedLeft(story: Story, plan: NonNullable<Story['plan']>, now: number): number {
  const left = timeLeft(plan.event.phases, plan.time)
  let [before, working] = [plan.time, plan.time]
  for (const { time, event } of story.ends.filter(end => end.time >= plan.time)) {
    working += worked(event, time - before)
    before = time
    const ended = endedBy(event)
    if (ended !== undefined) left.end(ended, working)
  }
  return left.at(working + Math.max(0, now - before))
}

/** Milliseconds that an end took of those since the one before: a run may have been interrupted meanwhile. */
function worked(event: RunEvent, since: number): number {
  const seconds =
    event.type === 'episode' ? event.episode.seconds : event.type === 'run' ? event.seconds : Number.NaN
  return since > 1000 * (2 * seconds + PATIENCE) ? 1000 * seconds : since
}
