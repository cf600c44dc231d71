// Writes made-up clips into a cache, two threads of one process at once: node --import tsx stress-cache.ts DIR COUNT SEED
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { Rng } from '../../src/common/random.ts'
import { type Origin, openCacheFile, writeCacheFile } from '../../src/data/cache-file.ts'
import type { Frames } from '../../src/data/frames.ts'

/** Clip number n: where its file lies, what it is of, and its pixels, all from its number. */
export function madeUp(dir: string, n: number): { path: string; origin: Origin; frames: Frames } {
  const content = createHash('sha256').update(`clip ${n}`).digest()
  const origin = { content: content.toString('hex'), recipe: `[${n % 7}]` }
  const pixels = Uint8Array.from({ length: 2 * 8 * 8 }, (_, i) => content[i % 32] ^ i)
  const frames = { frames: pixels, shape: [2, 8, 8, 1], times: Float64Array.of(0, n) } as const
  return { path: join(dir, origin.content.slice(0, 2), `${origin.content}.clip`), origin, frames }
}

/** As a run does: what isn't there, or is damaged, is written. */
async function fill(dir: string, count: number, seed: string): Promise<void> {
  const order = Rng.of(Number(seed)).shuffle(Array.from({ length: count }, (_, n) => n))
  const queue = order.values()
  const work = async () => {
    for (const n of queue) {
      const { path, origin, frames } = madeUp(dir, n)
      if (typeof (await openCacheFile(path, origin)) === 'object') continue
      await writeCacheFile(path, join(dir, 'partial'), frames, origin)
    }
  }
  await Promise.all([work(), work(), work()])
}

/** tsx doesn't reach threads by itself. */
const THREAD = `const { workerData } = require('node:worker_threads')
import('tsx/esm/api').then(({ register }) => (register(), import(workerData.program)))`

if (!isMainThread) {
  const { dir, count, seed } = workerData as { dir: string; count: number; seed: string }
  await fill(dir, count, seed)
} else if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [dir, count, seed] = process.argv.slice(2)
  const given = { program: import.meta.url, dir, count: Number(count), seed: `${seed}1` }
  const thread = new Worker(THREAD, { eval: true, workerData: given })
  const done = new Promise((resolve, reject) => thread.on('error', reject).on('exit', resolve))
  await Promise.all([fill(dir, Number(count), seed), done])
}
