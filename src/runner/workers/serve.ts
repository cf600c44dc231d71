import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inputError, interrupted } from '../../common/error.ts'
import { encode } from '../runs/codec.ts'
import { isRecorded, type RunEvent } from '../runs/events.ts'
import type { Hands, JobKind, RunConfig, UnitContext } from '../runs/job.ts'
import {
  type FromChild,
  NAME,
  type Product,
  type ToChild,
  textOf,
  troubleOf,
  VERSION,
  type Work,
  workOf,
} from './parts.ts'

type AnyKind = JobKind<RunConfig, unknown, unknown>

interface Made {
  readonly of: string
  readonly hands: Hands
  /** Where this process writes files that are sent; absent where it works in the run's own folder. */
  readonly temporary?: string
}

const clock = () => performance.timeOrigin + performance.now()

/**
 * Makes this process one that does units for the one that started it, one at a time, until that one lets go of it. What
 * is composed for a run stays for the next unit of it.
 */
export function serveUnits(kindNamed: (id: string) => Promise<AnyKind>): void {
  let made: Made | undefined
  let controller = new AbortController()
  let told: RunEvent[] = []
  const send = (message: FromChild) => void process.send?.(message)
  /** What is said of a run while it is composed, the process that began it has said. */
  let composing = false
  const emit = (event: RunEvent) => {
    if (composing) return
    if (isRecorded(event)) told.push(event)
    else send({ event })
  }
  const worker = process.env[NAME] ?? ''

  /** What the units of a run are done with: made for the first of them. */
  const handsFor = async (work: Work): Promise<Made> => {
    const of = createHash('sha256')
      .update(encode([work.kind, work.config, work.dir]))
      .digest('hex')
    if (made?.of === of) return made
    await letGo()
    const kind = await kindNamed(work.kind)
    if (kind.hands === undefined)
      throw inputError('worker.kind', `'${work.kind}' has no units to be done elsewhere`)
    const temporary = work.dir === undefined ? await mkdtemp(join(tmpdir(), 'layergym-unit-')) : undefined
    const hands = await kind.hands(work.config as unknown as RunConfig, {
      clock,
      dir: work.dir ?? (temporary as string),
      signal: controller.signal,
      emit,
    })
    made = { of, hands, temporary }
    return made
  }
  const letGo = async () => {
    made?.hands.close?.()
    if (made?.temporary !== undefined) await rm(made.temporary, { recursive: true, force: true })
    made = undefined
  }

  const answerTo = async (text: string): Promise<void> => {
    // What was composed may have been told to stop too.
    if (controller.signal.aborted) await letGo()
    if (controller.signal.aborted) controller = new AbortController()
    told = []
    const start = performance.now()
    const work = workOf(text)
    let own: Made
    try {
      composing = true
      own = await handsFor(work)
    } catch (error) {
      if (controller.signal.aborted) {
        // Told to stop while it composed: the unit is another's, and this process is still able.
        const trouble = troubleOf(interrupted())
        send({ product: textOf({ version: VERSION, worker, seconds: 0, events: [], trouble }) })
      } else send({ unable: troubleOf(error) })
      return
    } finally {
      composing = false
    }
    const product = await productFrom(own, work)
    const seconds = (performance.now() - start) / 1000
    send({ product: textOf({ version: VERSION, worker, seconds, events: told, ...product }) })
  }

  const productFrom = async ({ hands, temporary }: Made, { key, input }: Work): Promise<Partial<Product>> => {
    const records: unknown[] = []
    const context: UnitContext = {
      signal: controller.signal,
      clock,
      emit,
      save: async (_, more = []) => void records.push(...more),
    }
    try {
      if (controller.signal.aborted) throw interrupted()
      const unit = hands.unit(key, input)
      const outcome = await unit.run(context)
      const files = temporary === undefined ? undefined : await takenFrom(temporary)
      return { outcome, records, digest: unit.digest(outcome, records), ...(files && { files }) }
    } catch (error) {
      return { trouble: troubleOf(error) }
    }
  }

  // Ctrl-C reaches the whole group of processes: whoever sent the work says when to stop.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.on(name, () => undefined)
  process.on('disconnect', () => void letGo().finally(() => process.exit(0)))
  process.on('message', (message: ToChild) => {
    if ('stop' in message) controller.abort()
    else void answerTo(message.work)
  })
}

/** All files below a folder, which is empty then. */
async function takenFrom(folder: string): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {}
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files[path.slice(folder.length + 1)] = (await readFile(path)).toString('base64')
  }
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true })
  return files
}
