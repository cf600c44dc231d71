import { fileURLToPath } from 'node:url'
import { FolderQueue } from '../../src/runner/workers/folder-queue.ts'
import { help } from '../../src/runner/workers/help.ts'
import { RedisQueue } from '../../src/runner/workers/redis-queue.ts'

// A worker of one process, of its own machine as far as it knows: argv are the queue, the lease's milliseconds, and how far
// its clock is from others', and what its process runs.
const toy = fileURLToPath(new URL('toy-unit-process.ts', import.meta.url))
const [url, lease, skew, entry = toy] = process.argv.slice(2)
const leaseTime = Number(lease)
const queue = url.startsWith('redis:')
  ? new RedisQueue(new URL(url), { leaseTime })
  : new FolderQueue(url.slice('file:'.length), { leaseTime, clock: () => performance.now() + Number(skew) })
const controller = new AbortController()
process.on('SIGTERM', () => controller.abort())
await help(url, {
  ...{ queue, workers: 1, signal: controller.signal, told: () => undefined },
  entry,
})
