import { defaultCacheDir } from '../../common/cache-dir.ts'
import { Child } from './child.ts'
import { ENTRY } from './crew.ts'
import { type LabourOptions, labour, type News } from './labour.ts'
import { localParcels } from './luggage.ts'
import { openQueue } from './open-queue.ts'
import type { TrialQueue } from './queue.ts'

export interface HelpOptions {
  readonly workers: number
  readonly signal: AbortSignal
  readonly told: (worker: string, news: News) => void
  /** Seconds without anything to do after which it is over; default: never. */
  readonly idle?: number
  /** Where files lie that came with units. */
  readonly cache?: string
  readonly queue?: TrialQueue
  /** What processes run. */
  readonly entry?: string
}

/**
 * Does units of whatever runs wait in a queue, until it is told to stop.
 * @returns how many it did
 * @throws input error where this machine can't do them: another version, no such engine
 */
export async function help(url: string, options: HelpOptions): Promise<number> {
  const { workers, signal, told, idle = Number.POSITIVE_INFINITY, entry = ENTRY } = options
  const queue = options.queue ?? (await openQueue(url))
  const controller = new AbortController()
  const stop = () => controller.abort()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  let done = 0
  let busy = 0
  let since = performance.now()
  const watch = (worker: string, news: News) => {
    if (news.type === 'takes') busy++
    if (news.type === 'ends' || news.type === 'lost' || news.type === 'back') busy--
    if (news.type === 'ends') done++
    since = performance.now()
    told(worker, news)
  }
  const timer = setInterval(() => {
    if (busy === 0 && performance.now() - since > 1000 * idle) stop()
  }, 200)
  const children = Array.from({ length: workers }, (_, i) => new Child(entry, i + 1, workers))
  const localised = queue.parcels && localParcels(queue.parcels, options.cache ?? defaultCacheDir())
  const own = (child: Child): LabourOptions => ({
    ...{ signal: controller.signal, localised, told: news => watch(child.name, news) },
  })
  const labours = children.map(child => labour(queue, child, own(child)))
  try {
    await Promise.all(labours)
    return done
  } finally {
    stop()
    clearInterval(timer)
    signal.removeEventListener('abort', stop)
    await Promise.all(children.map(child => child.close()))
    // Where one of them has failed the others give back what they have; a queue that is closed before would open again.
    await Promise.allSettled(labours)
    await queue.close()
  }
}
