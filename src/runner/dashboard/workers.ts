import { duration, integer } from '../report/words.ts'
import type { RunSource } from './run-source.ts'
import { figure, type Table, words } from './view.ts'

/** Workers that are shown one by one. */
const SHOWN = 64

/** Who has taken the folder. */
export function workersTable({ workers, logs }: RunSource, now: number): readonly Table[] {
  if (workers.length === 0) return []
  return [
    {
      caption: 'At work on it',
      head: ['process', 'since', 'part', 'last told of'],
      rows: workers.map(({ pid, host, since, part }) => {
        const story = (logs.find(log => log.part === part) ?? logs[0])?.story
        return [
          words(`${pid} on ${host}`),
          words(ago(now - Date.parse(since))),
          words(part ?? 'all of it'),
          words(story?.unit ?? story?.phases.at(-1)?.phase ?? '-'),
        ]
      }),
    },
  ]
}

/** Processes that do units, those at work first. */
export function unitsTable({ story, state }: RunSource, now: number): readonly Table[] {
  const all = [...story.workers].sort(
    ([, a], [, b]) => Number(b.working) - Number(a.working) || b.units - a.units,
  )
  if (all.length === 0) return []
  const running = state === 'running'
  const busy = all.filter(([, { working }]) => working).length
  return [
    {
      caption: `Workers: ${integer(all.length)}${running ? `, ${integer(busy)} at work` : ''}`,
      head: ['worker', 'unit', running ? 'for' : '', 'units done', 'time in units'],
      rows: all
        .slice(0, SHOWN)
        .map(([name, { units, seconds, order, working, at }]) => [
          words(name),
          words(running ? (working ? order : `waits, after ${order}`) : order),
          words(running ? duration(Math.max(0, now - at) / 1000) : ''),
          figure(units, integer),
          figure(seconds, duration),
        ]),
    },
  ]
}

/** How long something is over. */
export function ago(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1000)
  return seconds < 20 ? 'just now' : `${duration(Math.floor(seconds / 10) * 10)} ago`
}
