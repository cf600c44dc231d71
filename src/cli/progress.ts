import { MultiBar, type SingleBar } from 'cli-progress'
import { mean } from '../common/statistics.ts'
import { endedBy, type TimeLeft, timeLeft } from '../runner/jobs/fine-tune/plan/left.ts'
import type { CurvePoint } from '../runner/play/points.ts'
import { percent, scheduleLabel, uncertain } from '../runner/report/words.ts'
import type { OnEvent, RunEvent } from '../runner/runs/events.ts'
import type { Io } from './command.ts'
import { leftWords, planWords } from './plan-words.ts'

/** How a run is told on stderr while it works: bars on a terminal, plain lines elsewhere. */
export interface Progress {
  readonly onEvent: OnEvent
  /** Puts the terminal back in order. */
  stop(): void
}

export function runProgress(io: Io): Progress {
  return io.interactive ? barProgress(io) : lineProgress(io)
}

const seconds = (value: number) => `${value.toFixed(1)} s`

/** @param metric what counts, by the task's name for it */
function words(event: RunEvent, metric: string): string | undefined {
  switch (event.type) {
    case 'notice':
      return event.message
    case 'plan':
      return planWords(event)
    case 'phase':
      return `${event.phase}: ${event.total}`
    case 'episode': {
      const { index, kind, returnNoise, score, rewardPrimary, failure, diverged } = event.episode
      const name = kind === 'greedy' ? 'greedy run' : `episode ${index + 1}`
      if (failure !== undefined) return `${name} failed: ${failure}`
      return (
        `${name}: return ${uncertain(event.episode.return, returnNoise)}, ${onRewardSplit(score, rewardPrimary, metric)}` +
        `${diverged ? ', diverged' : ''}, ${seconds(event.episode.seconds)}`
      )
    }
    case 'point':
      return pointWords(event.point)
    case 'evaluation': {
      const { step, episodes, meanReturn, stdReturn } = event.point
      return `step ${step}: ${episodes} greedy episodes return ${meanReturn.toFixed(2)} ± ${stdReturn.toFixed(2)}`
    }
    case 'run':
      return `${runName(event.key)}: ${onRewardSplit(event.score, event.rewardPrimary, metric)}, ${seconds(event.seconds)}`
    case 'saved':
      return `saved: the model of ${event.from === 'policy' ? 'the learned policy' : scheduleLabel(event.from)}, the best so far (score ${event.score.toFixed(3)})`
    case 'failed':
      return `${runName(event.key)} failed: ${event.cause}`
    case 'done':
      return `done, hash ${event.hash.slice(0, 16)}`
    default:
      return undefined
  }
}

/** What a plan says: how long the run goes on, and what counts; undefined as long as there is none. */
function followed(io: Io) {
  let left: TimeLeft | undefined
  let start = 0
  let metric = 'what counts'
  return {
    /** What counts, as the plan called it. */
    get metric() {
      return metric
    },
    /** Seconds left; `ended` where the event was the end of a run. */
    after(event: RunEvent): { readonly seconds: number; readonly ended: boolean } | undefined {
      const now = io.now()
      if (event.type === 'plan') {
        left = timeLeft(event.phases, now)
        metric = event.metric
        start = now
      }
      const ended = endedBy(event)
      if (ended !== undefined) left?.end(ended, now)
      return left && { seconds: left.at(now), ended: ended !== undefined }
    },
    elapsed: () => Math.max(0, (io.now() - start) / 1000),
  }
}

function onRewardSplit(score: number, primary: number, metric: string): string {
  return `score ${score.toFixed(3)} on the reward split, ${metric} ${percent(primary)}`
}

/** A run's key as people say it: `search/lpFt/1.0e-4/1.0e-3/2/1`, `lpFt x2/3`, `policy/3`. */
function runName(key: string): string {
  const [first, name, rate, headRate, length, searchSeed] = key.split('/')
  if (first !== 'search') {
    const final = /^(\w+)( x2)?\/(\d+)$/.exec(key)
    // A study's keys are words already.
    if (final === null) return key
    const [, schedule, twice, seed] = final
    const label = schedule === 'policy' ? 'the learned policy' : scheduleLabel(schedule)
    return `${label}${twice === undefined ? '' : ', twice the budget'}, seed ${seed}`
  }
  if (name === 'linearProbe') return scheduleLabel(name)
  const rates = Number(rate) === 0 ? `head at ${headRate}` : `rate ${rate}`
  const twice = Number(length) > 1 ? ', twice the budget' : ''
  return `${scheduleLabel(name)}, ${rates}${twice}, seed ${searchSeed}`
}

/** Returns of training episodes and the agent's main figures. */
function pointWords({ step, seconds, returns, report }: CurvePoint): string {
  const figures = Object.entries(report).map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`)
  return [
    `step ${step}: return ${meanOf(returns)}`,
    ...figures.slice(0, 4),
    `${Math.round(step / seconds)} steps/s`,
  ].join(', ')
}

function meanOf(returns: readonly number[]): string {
  return returns.length === 0 ? '-' : mean(returns).toFixed(2)
}

/** For logs: nothing is redrawn; decoding is told every tenth part. */
function lineProgress(io: Io): Progress {
  let tenth = -1
  let steps = 0
  let told = 0
  const plan = followed(io)
  return {
    onEvent: event => {
      const left = plan.after(event)
      if (event.type === 'phase' && event.phase === 'steps') steps = event.total
      if (event.type === 'point') {
        // Every twentieth part of the run.
        if (event.point.step < told + steps / 20 && event.point.step < steps) return
        told = event.point.step
      }
      if (event.type === 'clips') {
        const now = Math.floor((10 * event.done) / event.total)
        if (now !== tenth) io.stderr(`clips decoded: ${event.done}/${event.total}\n`)
        tenth = now
        return
      }
      const line = words(event, plan.metric)
      const suffix = left?.ended ? `; ${leftWords(left.seconds)}` : ''
      if (line !== undefined) io.stderr(`${line}${suffix}\n`)
    },
    stop: () => undefined,
  }
}

/** Bars: clips decoded, episodes done, steps of the run under way, time; what happened scrolls above them. */
function barProgress(io: Io): Progress {
  const bars = new MultiBar({
    format: '{name} [{bar}] {value}/{total}',
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
    linewrap: false,
  })
  const made = new Map<string, SingleBar>()
  const update = (name: string, value: number, total: number, label = name) => {
    let bar = made.get(name)
    if (bar === undefined) {
      bar = bars.create(total, value, { name: label.padEnd(28) })
      made.set(name, bar)
    }
    bar.setTotal(total)
    bar.update(value, { name: label.slice(0, 28).padEnd(28) })
  }
  let episodes = 0
  let total = 0
  const plan = followed(io)
  return {
    onEvent: event => {
      const left = plan.after(event)
      if (left !== undefined) {
        const done = plan.elapsed() / Math.max(plan.elapsed() + left.seconds, 1e-9)
        update('time', Math.round(100 * done), 100, leftWords(left.seconds))
      }
      switch (event.type) {
        case 'clips':
          update('clips decoded', event.done, event.total)
          return
        case 'step':
          update('steps', Math.min(event.step, event.of), event.of, event.run)
          return
        case 'point':
          update('steps', event.point.step, total, `steps, return ${meanOf(event.point.returns)}`)
          return
        case 'phase':
          if (event.phase === 'steps') {
            total = event.total
            update('steps', 0, total)
            return
          }
          if (event.phase === 'episodes') {
            total = event.total
            update('episodes', episodes, total)
          }
          break
        case 'episode':
          if (event.episode.kind === 'learning') {
            episodes = event.episode.index + 1
            update('episodes', episodes, Math.max(total, episodes))
          }
          break
        default:
          break
      }
      const line = words(event, plan.metric)
      if (line !== undefined) bars.log(`${line}\n`)
    },
    stop: () => {
      bars.stop()
      io.stderr('')
    },
  }
}
