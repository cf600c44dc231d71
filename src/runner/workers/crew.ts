import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kernelArithmetic } from '../../agents/kernels/memory.ts'
import { defaultCacheDir } from '../../common/cache-dir.ts'
import { failure, inputError, interrupted } from '../../common/error.ts'
import { isInside } from '../../common/inside.ts'
import { fromSource } from '../plugins/typescript.ts'
import { plural } from '../report/words.ts'
import { writeAtomic } from '../runs/atomic.ts'
import type { Crew, Hire, Made, Order, Site } from '../runs/crew.ts'
import type { RunEvent } from '../runs/events.ts'
import type { RunHooks } from '../runs/hooks.ts'
import { Child } from './child.ts'
import { insisting, labour, type News } from './labour.ts'
import { type Luggage, localParcels, packed } from './luggage.ts'
import { MemoryQueue } from './memory-queue.ts'
import { openQueue } from './open-queue.ts'
import { errorOf, idOf, type Product, productOf, textOf, VERSION, type Work } from './parts.ts'
import type { TrialQueue } from './queue.ts'

/** Units that are asked for at once: enough that every process finds one that suits it. */
const AT_ONCE = 64
/** Of a queue that others fetch from, of whom nobody knows how many they are. */
const AT_ONCE_ABROAD = 2048
/** Milliseconds between looks at results of other processes. */
const LOOK = 200

/** What the processes of a crew run. */
export const ENTRY = fileURLToPath(
  new URL(fromSource ? '../jobs/unit-process.ts' : '../jobs/unit-process.js', import.meta.url),
)

/** Other parts than the usual ones. */
interface Parts {
  /** What processes run. */
  readonly entry?: string
  /** The one that the settings name. */
  readonly queue?: TrialQueue
}

/** Processes of this machine, and of others where the settings name a queue. */
export function hiring({ entry = ENTRY, queue: given }: Parts = {}): Hire {
  return async site => {
    const { config, emit } = site
    const workers = workersFor(site)
    if (config.queue === undefined && workers <= 1) return undefined
    emit({ type: 'notice', message: workersWords(site, workers) })
    const queue: TrialQueue =
      given ??
      (config.queue === undefined ? new MemoryQueue(Number.POSITIVE_INFINITY) : await openQueue(config.queue))
    const luggage = queue.parcels && (await packed(config))
    return new QueueCrew(site, queue, { workers, entry, luggage })
  }
}

/** The same hooks, with processes for units where none are said. */
export function withCrew(hooks: RunHooks): RunHooks {
  return { hire: hiring(), ...hooks }
}

/** Processes: as many as were asked for, or as the cores have room for; one where a GPU computes. */
function workersFor({ config, origin }: Site): number {
  if (origin.engine === 'tfjs-node-gpu') return 1
  return config.workers ?? Math.max(1, Math.floor(availableParallelism() / (origin.threads ?? 1)))
}

function workersWords({ config, origin }: Site, workers: number): string {
  const where =
    config.queue === undefined ? '' : `, and whoever fetches from ${withoutPassword(config.queue)}`
  const threads = origin.threads === undefined ? '' : ` of ${plural(origin.threads, 'thread')}`
  return `units are done by ${plural(workers, 'process', 'processes')}${threads} (${plural(availableParallelism(), 'core')})${where}`
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//')
}

interface Waiting {
  readonly work: Work
  readonly group: string
  resolve(product: Product): void
  reject(error: Error): void
}

interface Setup {
  readonly workers: number
  readonly entry: string
  readonly luggage?: Luggage
}

/** Puts orders into a queue, has processes of its own take from it, and gathers what they and others send. */
class QueueCrew implements Crew {
  readonly size: number
  private readonly waiting = new Map<string, Waiting>()
  private readonly children: readonly Child[]
  private readonly labours: Promise<void>
  private readonly gathering: Promise<void>
  private readonly controller = new AbortController()
  private broken?: Error
  private checked = 0

  constructor(
    private readonly site: Site,
    private readonly queue: TrialQueue,
    private readonly setup: Setup,
  ) {
    const { workers, entry, luggage } = setup
    this.size = luggage === undefined ? AT_ONCE : AT_ONCE_ABROAD
    this.children = Array.from({ length: workers }, (_, i) => new Child(entry, i + 1, workers))
    site.signal.addEventListener('abort', this.stop, { once: true })
    if (site.signal.aborted) this.stop()
    const { signal } = this.controller
    const localised = queue.parcels && localParcels(queue.parcels, defaultCacheDir())
    const labours = this.children.map(child =>
      labour(queue, child, { signal, localised, told: news => this.tell(child, news) }),
    )
    this.labours = Promise.allSettled(labours.map(each => each.catch(error => this.fail(error)))).then(
      () => undefined,
    )
    this.gathering = this.gather()
      .catch(error => this.fail(error))
      .then(() => {
        for (const { reject } of this.waiting.values()) reject(this.broken ?? interrupted())
      })
  }

  async perform(order: Order, emit: (event: RunEvent) => void): Promise<Made> {
    const first = await this.made(order, emit)
    if (!isChecked(order.key, this.site.config.verify ?? 0)) return madeOf(first)
    const again = await this.made(order, () => undefined, first.worker)
    this.checked++
    if (again.digest === first.digest) return madeOf(first)
    throw inputError(
      'worker.differs',
      `'${order.key}' came to something else when it was done again: by ${first.worker}, then by ${again.worker}. ` +
        'One of these machines computes other bits, or the unit depends on more than its settings and seed: nothing of it is kept',
    )
  }

  async close(): Promise<void> {
    if (this.checked > 0 && !this.site.signal.aborted) {
      const message = `${plural(this.checked, 'unit')} done twice, with the same results`
      this.site.emit({ type: 'notice', message })
    }
    this.stop()
    await Promise.all([this.labours, this.gathering, ...this.children.map(child => child.close())])
    this.site.signal.removeEventListener('abort', this.stop)
    await this.queue.remove([...this.waiting.keys()]).catch(() => undefined)
    await this.setup.luggage?.close()
    await this.queue.close()
  }

  private async made(order: Order, emit: (event: RunEvent) => void, avoid?: string): Promise<Product> {
    const { kind, config, dir } = this.site
    const { luggage } = this.setup
    const where = luggage === undefined ? { dir } : { parcels: luggage.parcels }
    const means = { version: VERSION, arithmetic: kernelArithmetic() }
    const work: Work = { ...order, ...means, kind, config: { ...config }, ...where, avoid }
    const product = await this.asked(work, order.group ?? order.key)
    const { worker, seconds, events, files = {}, trouble } = product
    for (const event of events) emit(event)
    if (avoid === undefined)
      this.site.emit({ type: 'worker', worker, order: order.key, state: 'done', seconds })
    if (trouble !== undefined) throw errorOf(trouble)
    for (const [name, content] of Object.entries(files)) {
      const path = join(dir, name)
      if (!isInside(path, dir)) throw failure('worker.path', `a worker sent a file for ${path}`)
      await writeAtomic(path, Buffer.from(content, 'base64'))
    }
    return product
  }

  private asked(work: Work, group: string): Promise<Product> {
    const id = idOf(work)
    return new Promise((resolve, reject) => {
      if (this.broken !== undefined || this.controller.signal.aborted) {
        reject(this.broken ?? interrupted())
        return
      }
      this.waiting.set(id, { work, group, resolve, reject })
      insisting(() => this.put(id), this.insistence()).catch(error => this.fail(error))
    })
  }

  private async put(id: string): Promise<void> {
    const waiting = this.waiting.get(id)
    if (waiting === undefined) return
    await this.queue.put({ id, group: waiting.group, content: textOf(waiting.work) })
  }

  /** Looks for results as long as there is something to wait for, and puts again what a server has forgotten. */
  private async gather(): Promise<void> {
    const { signal } = this.controller
    await this.sendLuggage()
    let since = performance.now()
    while (!signal.aborted) {
      await this.queue.changed(LOOK)
      const ids = [...this.waiting.keys()]
      if (ids.length === 0) continue
      const found = (await insisting(() => this.queue.results(ids), this.insistence())) ?? new Map()
      for (const [id, text] of found) await this.receive(id, text)
      if (performance.now() - since < this.queue.leaseTime) continue
      since = performance.now()
      await this.sendLuggage()
      for (const id of this.waiting.keys()) await insisting(() => this.put(id), this.insistence())
    }
  }

  private async sendLuggage(): Promise<void> {
    const { luggage } = this.setup
    const { parcels } = this.queue
    if (luggage && parcels) await insisting(() => luggage.send(parcels), this.insistence())
  }

  private async receive(id: string, text: string): Promise<void> {
    const waiting = this.waiting.get(id)
    const product = readable(text)
    await insisting(() => this.queue.remove([id]), this.insistence())
    if (waiting === undefined) return
    if (product === undefined) {
      const message = `what came back for '${waiting.work.key}' is not what a unit comes to: it is done again`
      this.site.emit({ type: 'notice', message })
      await insisting(() => this.put(id), this.insistence())
      return
    }
    this.waiting.delete(id)
    if (product.version === VERSION) waiting.resolve(product)
    else
      waiting.reject(
        inputError(
          'worker.version',
          `${product.worker} has layergym ${product.version}, and this is ${VERSION}`,
        ),
      )
  }

  private tell(child: Child, news: News): void {
    const { emit } = this.site
    if (news.type === 'event') emit(news.event, news.key)
    else if (news.type === 'trouble') emit({ type: 'notice', message: news.message })
    else if (news.type === 'died')
      emit({
        type: 'notice',
        message: `${child.name} ended in the middle of '${news.key}', which is done again: ${news.message}`,
      })
    else if (news.type === 'takes')
      emit({ type: 'worker', worker: child.name, order: news.key, state: 'takes' })
  }

  /** What ends the whole: others can't do it better. */
  private fail(error: Error): void {
    this.broken ??= error
    this.stop()
  }

  private readonly stop = (): void => this.controller.abort()

  private insistence() {
    const told = (news: News) =>
      news.type === 'trouble' && this.site.emit({ type: 'notice', message: news.message })
    return { signal: this.controller.signal, told }
  }
}

function madeOf({ outcome, digest, records }: Product): Made {
  return { outcome, digest: digest as string, records: records ?? [] }
}

/** The same units in every run. */
function isChecked(key: string, percent: number): boolean {
  return createHash('sha256').update(key).digest().readUInt32BE(0) / 2 ** 32 < percent / 100
}

/** What somebody else has written into a queue isn't. */
function readable(text: string): Product | undefined {
  try {
    return productOf(text)
  } catch {
    return undefined
  }
}
