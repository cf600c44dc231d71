import type { SingleBar } from 'cli-progress'
import { followed, lineTeller } from '../runner/code/lines.ts'
import { eventWords, meanWords } from '../runner/jobs/told/event-words.ts'
import { leftWords } from '../runner/jobs/told/plan-words.ts'
import type { OnEvent } from '../runner/runs/events.ts'
import type { Io } from './command.ts'

/** How a run is told on stderr while it works: bars on a terminal, plain lines elsewhere. */
export interface Progress {
  readonly onEvent: OnEvent
  /** Puts the terminal back in order. */
  stop(): void
}

export async function runProgress(io: Io): Promise<Progress> {
  return io.interactive ? barProgress(io) : { onEvent: lineTeller(io), stop: () => undefined }
}

/** Bars: clips decoded, episodes done, steps of the run under way, time; what happened scrolls above them. */
async function barProgress(io: Io): Promise<Progress> {
  const { MultiBar } = (await import('cli-progress')).default
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
          update('steps', event.point.step, total, `steps, return ${meanWords(event.point.returns)}`)
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
      const line = eventWords(event, plan.metric)
      if (line !== undefined) bars.log(`${line}\n`)
    },
    stop: () => {
      bars.stop()
      io.stderr('')
    },
  }
}
