import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { Dataset } from './dataset.ts'

/** Larger files are hashed as they stream in. Bytes. */
const READ_WHOLE = 16 * 2 ** 20

/** By path, size and time of change: what has all three is not read again. */
const known = new Map<string, Promise<string>>()

/** SHA-256 of a file's bytes, hexadecimal. */
export async function contentHash(path: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path)
  const key = JSON.stringify([path, size, mtimeMs, ino])
  let hash = known.get(key)
  if (hash === undefined) {
    hash = hashFile(path, size)
    known.set(key, hash)
    hash.catch(() => known.delete(key))
  }
  return hash
}

/**
 * SHA-256 over what a dataset means: each clip's content, piece, label, split and group. Where it lies and what its
 * files are called do not enter.
 */
export async function datasetFingerprint(dataset: Dataset): Promise<string> {
  const lines: string[] = []
  for (const { path, label, split = null, group = null, start = null, end = null } of dataset.clips)
    lines.push(JSON.stringify([await contentHash(path), start, end, label, split, group]))
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex')
}

async function hashFile(path: string, size: number): Promise<string> {
  const hash = createHash('sha256')
  if (size <= READ_WHOLE) return hash.update(await readFile(path)).digest('hex')
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk)
  return hash.digest('hex')
}
