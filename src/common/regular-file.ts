import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Larger than any configuration, manifest or policy. Bytes. */
const MOST = 512 * 2 ** 20

/**
 * Opens a regular file, and nothing that would hang or never end: no pipe, no device, no folder.
 * @throws Error in words that go after the path; the system's own where it can't be opened
 */
export async function withRegularFile<A>(
  path: string,
  use: (file: FileHandle, bytes: number) => Promise<A>,
): Promise<A> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw new Error('it is no regular file')
    return await use(file, facts.size)
  } finally {
    await file.close()
  }
}

/** A text file's content, its size looked at before a byte is read. @throws as `withRegularFile`, and when it is larger than `most` bytes */
export async function readTextFile(path: string, most = MOST): Promise<string> {
  return withRegularFile(path, async (file, bytes) => {
    if (bytes > most) throw new Error(`it has ${bytes} bytes, and at most ${most} are read`)
    return file.readFile('utf8')
  })
}
