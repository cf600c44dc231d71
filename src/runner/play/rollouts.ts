import { Observable } from 'rxjs'
import type { Collecting, Rollout } from './collecting.ts'

export interface RolloutStreamOptions {
  readonly collector: Collecting
  /** Steps of the run, from those done already to all. */
  readonly from: number
  readonly to: number
  /** Emits how many rollouts may have been collected: the trainer grants the next when it has learned from the last. */
  readonly credits$: Observable<number>
}

/**
 * Rollouts as a cold stream: nothing is collected before it's subscribed to, one at a time and none beyond the
 * credits, so that no action is chosen by a policy that is about to change. It completes with the last step.
 */
export function rollouts$({ collector, from, to, credits$ }: RolloutStreamOptions): Observable<Rollout> {
  return new Observable(subscriber => {
    let steps = from
    let granted = 0
    let collected = 0
    let busy = false
    const pump = async (): Promise<void> => {
      if (busy) return
      busy = true
      try {
        while (!subscriber.closed && collected < granted && steps < to) {
          collected++
          const rollout = await collector.collect(to - steps)
          steps += rollout.steps
          subscriber.next(rollout)
        }
      } catch (error) {
        subscriber.error(error)
      }
      busy = false
      if (steps >= to) subscriber.complete()
    }
    const credits = credits$.subscribe({
      next: count => {
        granted = Math.max(granted, count)
        void pump()
      },
      error: error => subscriber.error(error),
    })
    return () => credits.unsubscribe()
  })
}
