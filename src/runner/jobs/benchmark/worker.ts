import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type ErrorKind, LayergymError, messageOf } from '../../../common/error.ts'
import { begin, resume } from '../../runs/drive.ts'
import { concluded } from '../../runs/job.ts'
import { trainJob } from '../train/job.ts'
import type { TrainSummary } from '../train/summary.ts'

/** A process that does one training run for another, which it ends with. */

/** What it is sent; then `stop`, where it is to save and end. */
export interface Order {
  readonly config: Readonly<Record<string, unknown>>
  readonly dir: string
}

export type Answer =
  | { readonly summary: TrainSummary }
  | { readonly kind?: ErrorKind; readonly code?: string; readonly message: string }

/** Milliseconds: a process whose parent was killed needs some to end. */
const PATIENCE = 5000

async function done({ config, dir }: Order, signal: AbortSignal): Promise<TrainSummary> {
  const clock = () => performance.timeOrigin + performance.now()
  const hooks = { signal, clock, onEvent: () => undefined }
  const start = performance.now()
  for (;;) {
    try {
      const begun = existsSync(join(dir, 'config.json'))
      return concluded(begun ? await resume(trainJob(), dir, hooks) : await begin(trainJob(), config, hooks))
    } catch (error) {
      const busy = error instanceof LayergymError && error.code === 'run.busy'
      if (!busy || performance.now() - start > PATIENCE) throw error
      await pause(100)
    }
  }
}

async function answerTo(order: Order, signal: AbortSignal): Promise<Answer> {
  try {
    return { summary: await done(order, signal) }
  } catch (error) {
    const message = messageOf(error)
    return error instanceof LayergymError ? { kind: error.kind, code: error.code, message } : { message }
  }
}

const controller = new AbortController()
// Ctrl-C reaches the whole group of processes: whoever sent the order says when to stop.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => process.exit(1))
process.on('message', (message: Order | 'stop') => {
  if (message === 'stop') controller.abort()
  else
    void answerTo(message, controller.signal).then(answer =>
      process.send?.(answer, () => process.disconnect()),
    )
})
