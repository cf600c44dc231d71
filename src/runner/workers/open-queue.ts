import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { inputError } from '../../common/error.ts'
import { tryWriting } from '../../common/writable.ts'
import { FolderQueue } from './folder-queue.ts'
import type { TrialQueue } from './queue.ts'
import { RedisQueue } from './redis-queue.ts'

const KINDS = 'file:FOLDER, redis://HOST or rediss://HOST (with TLS)'

/** @throws input error for a URL of no kind that is known, and for a folder that can't be written */
export async function openQueue(url: string): Promise<TrialQueue> {
  if (/^rediss?:\/\//.test(url) && URL.canParse(url)) return new RedisQueue(new URL(url))
  if (!url.startsWith('file:')) throw inputError('queue.url', `--queue is '${url}', and must be ${KINDS}`)
  const dir = url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length)
  if (dir === '') throw inputError('queue.url', `--queue names no folder: it must be ${KINDS}`)
  const found = await stat(dir).catch(() => undefined)
  if (found?.isDirectory() === false)
    throw inputError('queue.url', `${dir} is a file, and must be a folder that all see`)
  await tryWriting(dir)
  return new FolderQueue(dir)
}
