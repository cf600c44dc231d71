import { Observable, type Unsubscribable } from 'rxjs'
import { messageOf } from '../../common/error.ts'

/** What became of one episode: its result, or why it failed after the retries were used up. */
export type EpisodeOutcome<R> =
  | { readonly index: number; readonly ok: true; readonly result: R }
  | { readonly index: number; readonly ok: false; readonly error: unknown; readonly message: string }

export interface EpisodeStreamOptions<R, W> {
  /** Episodes [from, to). */
  readonly from: number
  readonly to: number
  /** Environments that episodes run on, one each at a time. */
  readonly workers: readonly W[]
  /** Emits how far episodes may run: those with an index below it. The trainer grants, nothing runs ahead. */
  readonly credits$: Observable<number>
  /** Times that a failed episode is tried again. */
  readonly retries?: number
  run(index: number, worker: W, signal: AbortSignal): Promise<R>
  /** Errors that end the stream instead of becoming a value: an interruption, a lost engine. */
  isFatal?(error: unknown): boolean
}

/**
 * Episodes as a cold stream: nothing runs before it's subscribed to, at most one episode a worker is in flight,
 * none beyond the credits, and unsubscribing aborts those under way. Outcomes arrive as they end, not in order.
 */
export function episodes$<R, W>(options: EpisodeStreamOptions<R, W>): Observable<EpisodeOutcome<R>> {
  return new Observable(subscriber => {
    const controller = new AbortController()
    const free = [...options.workers]
    let next = options.from
    let granted = options.from
    let inFlight = 0

    const launch = async (index: number, worker: W): Promise<void> => {
      inFlight++
      const outcome = await attempt(options, index, worker, controller.signal)
      inFlight--
      free.push(worker)
      if (subscriber.closed) return
      if (!outcome.ok && options.isFatal?.(outcome.error)) {
        subscriber.error(outcome.error)
        return
      }
      subscriber.next(outcome)
      pump()
    }
    const pump = (): void => {
      while (!subscriber.closed && next < Math.min(granted, options.to)) {
        const worker = free.shift()
        if (worker === undefined) return
        void launch(next++, worker)
      }
      if (next >= options.to && inFlight === 0) subscriber.complete()
    }
    const credits: Unsubscribable = options.credits$.subscribe({
      next: upTo => {
        granted = Math.max(granted, upTo)
        pump()
      },
      error: error => subscriber.error(error),
    })
    pump()
    return () => {
      credits.unsubscribe()
      controller.abort()
    }
  })
}

async function attempt<R, W>(
  options: EpisodeStreamOptions<R, W>,
  index: number,
  worker: W,
  signal: AbortSignal,
): Promise<EpisodeOutcome<R>> {
  for (let tries = 0; ; tries++) {
    try {
      return { index, ok: true, result: await options.run(index, worker, signal) }
    } catch (error) {
      const last = tries >= (options.retries ?? 0) || signal.aborted || options.isFatal?.(error) === true
      if (last) return { index, ok: false, error, message: messageOf(error) }
    }
  }
}
