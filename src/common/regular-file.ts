import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** Larger than any configuration, manifest or policy. Bytes. */
const MOST = 512 * 2 ** 20

/**
 * Opens a regular file to be read, and nothing that would hang or never end: no pipe, no device, no folder.
 * @param follow whether a link's target will do
 * @throws Error in words that go after the path; the system's own where it can't be opened
 */
export async function openRegularFile(path: string, { follow = true } = {}): Promise<FileHandle> {
  // Not everywhere is there a flag for the second; undefined counts as 0.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (follow ? 0 : constants.O_NOFOLLOW)
  const file = await open(path, flags)
  try {
    if ((await file.stat()).isFile()) return file
    throw new Error('it is no regular file')
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Opens as `openRegularFile`, and closes again. */
export async function withRegularFile<A>(
  path: string,
  use: (file: FileHandle, bytes: number) => Promise<A>,
  options?: { readonly follow?: boolean },
): Promise<A> {
  const file = await openRegularFile(path, options)
  try {
    return await use(file, (await file.stat()).size)
  } finally {
    await file.close()
  }
}

export interface ReadOptions {
  /** Bytes; larger files are refused before one is read. */
  readonly most?: number
  readonly follow?: boolean
}

/** A file's content. @throws as `openRegularFile`, and when it is too large */
export async function readRegularFile(
  path: string,
  { most = MOST, follow }: ReadOptions = {},
): Promise<Buffer> {
  const use = async (file: FileHandle, bytes: number) => {
    if (bytes > most) throw new Error(`it has ${bytes} bytes, and at most ${most} are read`)
    return file.readFile()
  }
  return withRegularFile(path, use, { follow })
}

/** A text file's content, UTF-8. @throws as `readRegularFile` */
export async function readTextFile(path: string, options?: ReadOptions): Promise<string> {
  return (await readRegularFile(path, options)).toString('utf8')
}
