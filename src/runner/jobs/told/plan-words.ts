import type { RunEvent } from '../../runs/events.ts'
import { type Part, type Phase, type Range, totalOf } from '../../runs/phase.ts'

type Plan = Extract<RunEvent, { type: 'plan' }>

const PARTS: Readonly<Record<Part, string>> = {
  searches: 'searches of learning rates (a run of twice the budget counts two)',
  episodes: 'episodes, and a greedy run of what was learned',
  'final runs': 'final runs, scored on the test split',
}

/** What a run is going to do, a line a part, and how long it takes. */
export function planWords({ phases, seconds, steps, resumed }: Plan): string {
  const { full, head, statistics, evaluation } = steps.seconds
  const measured =
    `a step takes ${short(full)}, one of the head alone ${short(head)}, ` +
    `statistics ${short(statistics)}, an evaluation ${short(evaluation)}`
  const parts = [...new Set(phases.map(({ part }) => part))].map(part =>
    partWords(
      part,
      phases.filter(phase => phase.part === part),
    ),
  )
  return [`${resumed ? 'left to do' : 'plan'}: about ${span(seconds)} (${measured})`, ...parts].join('\n')
}

/** What a bar or a line says beside its own. */
export function leftWords(seconds: number): string {
  return seconds < 1 ? 'nearly done' : `about ${duration(seconds)} left`
}

function partWords(part: Part, phases: readonly Phase[]): string {
  const runs =
    part === 'episodes'
      ? phases.map(phase => counts(phase.runs))
      : phases.map(phase => `${phase.of} ${counts(phase.runs)}`)
  return `  ${PARTS[part]}: ${runs.join(', ')}; ${span(totalOf(phases))}`
}

function counts({ least, most }: Range): string {
  return least === most ? String(most) : `${least} to ${most}`
}

function span({ least, most }: Range): string {
  const [from, to] = [duration(least), duration(most)]
  if (from === to) return to
  const [[number, unit], [, other]] = [from.split(' '), to.split(' ')]
  return unit === other ? `${number} to ${to}` : `${from} to ${to}`
}

/** As exact as an estimate is: to ten seconds, minutes, tenths of an hour. */
function duration(seconds: number): string {
  if (seconds < 10) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 90) return `${Math.round(seconds / 10) * 10} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}

function short(seconds: number): string {
  return seconds < 1 ? `${Math.max(1, Math.round(1000 * seconds))} ms` : `${seconds.toFixed(1)} s`
}
