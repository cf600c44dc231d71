import { dirname } from 'node:path'
import { IN_CODE } from '../../instances/config.ts'
import { costWords, decimal, percent, plural, scheduleLabel } from '../../report/words.ts'
import { changedFlags, quoted } from './command-line.ts'
import { type NextStep, nextStep } from './next-step.ts'
import { cheapestAlike } from './rivals.ts'
import type { FineTuneSummary } from './summary.ts'

/** What a run ends with: a line on what one has, one on what it cost, one on what to do next. */
export interface Ending {
  readonly have: string
  readonly cost: string
  readonly next: string
  /** For a shell; absent where there is none, as the run was made in code. */
  readonly command?: string
}

/** @param place how paths are shown; the whole path where it is left out */
export function endingOf(summary: FineTuneSummary, place: (path: string) => string = path => path): Ending {
  const step = nextStep(summary)
  const command = commandFor(step, summary, place)
  return {
    have: haveWords(summary, place),
    cost: costLine(summary),
    next: command === undefined ? `${step.why}: ${inCode(step)}` : `${step.why}:`,
    ...(command !== undefined && { command }),
  }
}

function haveWords(summary: FineTuneSummary, place: (path: string) => string): string {
  const { test, task, chosen, config, model } = summary
  const [low, high] = test.interval
  const { metric, guessing, intervalFrom } = task
  const how = intervalFrom === undefined ? '' : `, from ${intervalFrom}`
  const beyond = low > guessing ? 'guessing gives' : 'not clearly better than guessing, which gives'
  const why = config.keep === undefined ? 'the best of all that was trained' : 'kept by --keep'
  return (
    `the model of ${whose(chosen)} (${why}): ${percent(test.primary)} ${metric} on ${plural(test.clips, 'test clip')} ` +
    `(95 % interval ${decimal(100 * low, 1)} to ${decimal(100 * high, 1)}${how}; ${beyond} ${percent(guessing)}), in ${place(model)}`
  )
}

function whose({ from, episode }: FineTuneSummary['chosen']): string {
  if (from !== 'policy') return scheduleLabel(from)
  return `the learned policy's ${episode === undefined ? 'greedy run' : `episode ${episode + 1}`}`
}

function costLine(summary: FineTuneSummary): string {
  const all = `${costWords(summary.spent)} of training in all`
  const cheapest = cheapestAlike(summary)
  if (cheapest === undefined) return `${all}; no baseline was run to compare that with`
  const { label, primary, cost, searched, margin } = cheapest
  const near = decimal(100 * margin, 1).replace('.0', '')
  return (
    `${all}; the cheapest way to within ${near} points of the best mean score here is ${label}: ${costWords(cost)}` +
    `${searched ? ', its own search included' : ''} (${percent(primary)})`
  )
}

function commandFor(step: NextStep, summary: FineTuneSummary, place: (path: string) => string) {
  const { model, runDir, data } = summary
  const config: FineTuneSummary['config'] = { ...summary.config, ...summary.tuned }
  if (step.kind === 'use') {
    const folder = /\.\w+$/.test(data.path) ? dirname(data.path) : data.path
    return `npx layergym predict --model ${quoted(place(model))} ${quoted(place(folder))}`
  }
  if (config.model === IN_CODE || config.reward === IN_CODE) return undefined
  const paths = ['model', 'data', 'policy'].flatMap(name => {
    const path = config[name]
    return typeof path === 'string' ? [[name, place(path)] as const] : []
  })
  // More is asked for than was fitted into a time.
  const places = { ...Object.fromEntries(paths), minutes: undefined, out: place(following(runDir)) }
  const changes = { ...places, ...step.changes }
  return ['npx layergym fine-tune', ...changedFlags(config, changes, summary.usual)].join(' ')
}

function inCode({ changes }: NextStep): string {
  const settings = Object.entries(changes).map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
  return `the same call with ${settings.join(', ')}`
}

/** Beside a run's folder, for the run after it; the end of a date is no count. */
function following(runDir: string): string {
  const folder = runDir.replace(/\/+$/, '')
  const [, name, count] = /^(.*\D)-(\d{1,3})$/.exec(folder) ?? [undefined, folder, '1']
  return `${name}-${Number(count) + 1}`
}
