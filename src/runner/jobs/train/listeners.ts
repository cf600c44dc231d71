import { concatMap, filter, type Observable, tap } from 'rxjs'
import { reasonToStop, type StoppingRule } from './best.ts'
import type { ResolvedConfig } from './config.ts'
import type { TrainEvent, TrainListener, TrainRun } from './heard-run.ts'
import { courseOf, parseSchedule } from './schedule.ts'

/** The events of one type, for what listens. */
export function eventsOf<T extends TrainEvent['type']>(
  { events$ }: Pick<TrainRun, 'events$'>,
  type: T,
): Observable<Extract<TrainEvent, { readonly type: T }>> {
  return events$.pipe(
    filter((event): event is Extract<TrainEvent, { readonly type: T }> => event.type === type),
  )
}

/**
 * Evaluates whenever that many more steps have been learned from, but for the last of the run, and keeps the best
 * policy: `--eval-every`.
 * @param options `episodes` of each evaluation; default: a tenth of `evalEpisodes`
 */
export function evaluateEvery(
  steps: number,
  { episodes }: { readonly episodes?: number } = {},
): TrainListener {
  return {
    listen(run) {
      let before = run.step
      return eventsOf(run, 'update').pipe(
        filter(({ step }) => {
          const passed = Math.floor(step / steps) > Math.floor(before / steps)
          before = step
          // After the last step comes the larger one.
          return passed && step < run.config.steps
        }),
        concatMap(() => run.evaluate(episodes)),
      )
    },
  }
}

/** Ends the run by its evaluations: `--stop-at` and `--patience`. */
export function stopWhen(rule: StoppingRule): TrainListener {
  return {
    listen: run =>
      eventsOf(run, 'evaluation').pipe(
        tap(() => {
          const reason = run.best && reasonToStop(run.best, rule)
          if (reason !== undefined) run.stop(reason)
        }),
      ),
  }
}

/**
 * A setting's course over the run, from its first step to its last; `--schedule` names some.
 * @param setting one that the agent calls adjustable
 * @param value of the progress in [0, 1]
 */
export function schedule(setting: string, value: (progress: number) => number): TrainListener {
  return {
    listen(run) {
      const adjust = () => run.adjust({ [setting]: value(Math.min(1, run.step / run.config.steps)) })
      adjust()
      return eventsOf(run, 'update').pipe(tap(adjust))
    },
  }
}

/** What the settings ask for: the flags are listeners like any other. */
export function configuredListeners(config: ResolvedConfig): readonly TrainListener[] {
  const { evalEvery, stopAt, patience } = config
  return [
    ...config.schedule.map(text => {
      const parsed = parseSchedule(text)
      return schedule(parsed.setting, courseOf(parsed, config.agentConfig[parsed.setting]))
    }),
    ...(evalEvery === undefined ? [] : [evaluateEvery(evalEvery)]),
    ...(stopAt === undefined && patience === undefined ? [] : [stopWhen({ stopAt, patience })]),
  ]
}
