import { setTimeout as pause } from 'node:timers/promises'
import type { Arithmetic } from '../../agents/kernels/kernels.ts'
import { kernelArithmetic, kernelWidth } from '../../agents/kernels/memory.ts'
import { inputError, LayergymError, messageOf } from '../../common/error.ts'
import type { RunEvent } from '../runs/events.ts'
import { type Child, Unable } from './child.ts'
import { type Product, productOf, textOf, troubleOf, VERSION, type Work, workOf } from './parts.ts'
import type { Lease, TrialQueue } from './queue.ts'

/** A unit whose process dies so often has failed. */
const MOST_DEATHS = 5
/** Milliseconds between looks at a queue that had nothing, from the first to the last. */
const FIRST_LOOK = 50
const LAST_LOOK = 2000
/** How often a worker leaves a unit to others that it has done itself. */
const LEFT_TO_OTHERS = 20

export interface LabourOptions {
  /** Ends it: what is under way stops, and is given back. */
  readonly signal: AbortSignal
  readonly told?: (news: News) => void
  /** Makes the work's paths this machine's. */
  readonly localised?: (work: Work) => Promise<Work>
}

/** What happens to a worker. */
export type News =
  | {
      readonly type: 'takes' | 'ends' | 'back' | 'died' | 'lost'
      readonly key: string
      readonly message?: string
    }
  | { readonly type: 'event'; readonly key: string; readonly event: RunEvent }
  | { readonly type: 'trouble'; readonly message: string }

/**
 * Takes units from a queue, one after the other, and has a process of its own do them, while this one renews the lease.
 * @throws what makes the process unable to do any unit of a run: settings or an engine that aren't to be had here
 */
export async function labour(queue: TrialQueue, child: Child, options: LabourOptions): Promise<void> {
  const { signal, told } = options
  const stop = () => child.stop()
  signal.addEventListener('abort', stop, { once: true })
  let group: string | undefined
  let look = FIRST_LOOK
  const left = new Map<string, number>()
  try {
    while (!signal.aborted) {
      const lease = await insisting(() => queue.take({ worker: child.name, group }), options)
      if (lease === undefined) {
        await queue.changed(look)
        look = Math.min(LAST_LOOK, look * 1.5)
        continue
      }
      look = FIRST_LOOK
      const work = await readOrPutAway(lease, queue, child, options)
      if (work === undefined) continue
      const times = left.get(lease.id) ?? 0
      if (work.avoid === child.name && times < LEFT_TO_OTHERS) {
        left.set(lease.id, times + 1)
        await insisting(() => queue.release(lease), options)
        await pause(LAST_LOOK / LEFT_TO_OTHERS)
        continue
      }
      left.delete(lease.id)
      group = lease.group
      await workOn(lease, work, queue, child, { ...options, told })
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** What a lease is about; undefined where that is nothing that a run has sent, which is said and finished with. */
async function readOrPutAway(
  lease: Lease,
  queue: TrialQueue,
  child: Child,
  options: LabourOptions,
): Promise<Work | undefined> {
  try {
    return workOf(lease.content)
  } catch (error) {
    options.told?.({ type: 'trouble', message: `left out: ${messageOf(error)}` })
    await insisting(() => queue.finish(lease, textOf(failed(error, child.name))), options)
    return undefined
  }
}

async function workOn(
  lease: Lease,
  work: Work,
  queue: TrialQueue,
  child: Child,
  options: LabourOptions,
): Promise<void> {
  const { signal, told, localised } = options
  const { key } = work
  told?.({ type: 'takes', key })
  const renewing = keep(lease, queue, child)
  const giveBack = async () => {
    await insisting(() => queue.release(lease), options)
    told?.({ type: 'back', key })
  }
  let product: string
  try {
    if (work.version !== VERSION) throw new Unable(otherVersion(work.version))
    if (work.arithmetic !== kernelArithmetic()) throw new Unable(otherArithmetic(work.arithmetic))
    const own = localised === undefined ? work : await insisting(() => localised(work), options)
    if (own === undefined) return giveBack()
    product = await child.perform(textOf(own), event => told?.({ type: 'event', key, event }))
  } catch (error) {
    if (error instanceof Unable) {
      await giveBack()
      throw error.reason
    }
    if (!signal.aborted) told?.({ type: 'died', key, message: messageOf(error) })
    if (signal.aborted || lease.tries < MOST_DEATHS) return giveBack()
    product = textOf(failed(error, child.name))
  } finally {
    renewing.stop()
  }
  if (signal.aborted && productOf(product).trouble !== undefined) return giveBack()
  if (productOf(product).trouble?.kind === 'interrupted') return giveBack()
  const taken = await insisting(() => queue.finish(lease, product), options)
  told?.({ type: taken ? 'ends' : 'lost', key })
}

function otherVersion(version: string): LayergymError {
  return inputError(
    'worker.version',
    `the units are of layergym ${version}, and this is ${VERSION}: their results may differ, so none is done here. Install layergym@${version}`,
  )
}

function otherArithmetic(arithmetic: Arithmetic): LayergymError {
  const [theirs, ours] = [arithmetic, kernelArithmetic()]
  return inputError(
    'worker.arithmetic',
    `the units are computed by ${theirs} kernels, and here they are ${ours} (${kernelWidth()}): results would differ in their last bits, so none is done here. ` +
      `Set LAYERGYM_KERNELS=${theirs === 'fused' ? 'relaxed-wasm' : 'wasm'} here, or the same kernels in both places`,
  )
}

function failed(error: unknown, worker: string): Product {
  return { version: VERSION, worker, seconds: 0, events: [], trouble: troubleOf(error) }
}

/** Renews a lease while the process lives that works for it: one that is halted may lose it to another. */
function keep(lease: Lease, queue: TrialQueue, child: Child) {
  let over = false
  const beat = async () => {
    while (!over && Number.isFinite(queue.leaseTime)) {
      await pause(queue.leaseTime / 3, undefined, { ref: false })
      if (over || (await child.halted())) continue
      const has = await queue.renew(lease).catch(() => true)
      if (!has && !over) child.stop()
    }
  }
  void beat()
  return {
    stop() {
      over = true
    },
  }
}

/** Tries again what a cut network, a server that starts anew or a shared disk has broken, until it works. */
export async function insisting<T>(
  work: () => Promise<T>,
  { signal, told }: Pick<LabourOptions, 'signal' | 'told'>,
): Promise<T | undefined> {
  for (let wait = FIRST_LOOK, said = false; ; wait = Math.min(LAST_LOOK, wait * 2)) {
    try {
      return await work()
    } catch (error) {
      if (error instanceof LayergymError && error.kind === 'input') throw error
      if (!said)
        told?.({
          type: 'trouble',
          message: `the queue doesn't give what is asked of it, and is asked again: ${messageOf(error)}`,
        })
      said = true
      if (signal.aborted) return undefined
      await pause(wait)
    }
  }
}
