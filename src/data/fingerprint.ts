import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { Annotation } from './annotation.ts'
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
 * SHA-256 over what a dataset means: each clip's content, piece, label, split, group and annotation. Where it lies and
 * what its files are called do not enter.
 */
export async function datasetFingerprint(dataset: Dataset): Promise<string> {
  const lines: string[] = []
  for (const {
    path,
    label,
    split = null,
    group = null,
    start = null,
    end = null,
    annotation,
  } of dataset.clips) {
    const facts = [await contentHash(path), start, end, label, split, group]
    lines.push(
      JSON.stringify(annotation === undefined ? facts : [...facts, await contentOf(annotation, dataset)]),
    )
  }
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex')
}

/** A mask enters with its bytes and with what they stand for. */
async function contentOf({ mask, ...said }: Annotation, { maskClasses = [] }: Dataset): Promise<unknown> {
  if (mask === undefined) return said
  const { indices = [], colours = [] } = mask.legend
  return { ...said, mask: [await contentHash(mask.path), maskClasses, [...indices], [...colours]] }
}

async function hashFile(path: string, size: number): Promise<string> {
  const hash = createHash('sha256')
  if (size <= READ_WHOLE) return hash.update(await readFile(path)).digest('hex')
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk)
  return hash.digest('hex')
}
