import { randomUUID } from 'node:crypto'
import { mkdir, open, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** Bytes that must fit. */
const ROOM = 4096

/**
 * Tries whether files can be written at `folder`, or where it would be made, before long work begins whose results
 * belong there. Leaves nothing.
 * @throws the system's error, e.g. `EROFS`, `EACCES`, `ENOSPC`, with the path that was tried
 */
export async function tryWriting(folder: string): Promise<void> {
  const made = await makeFolders(resolve(folder))
  const path = join(folder, `.layergym-${randomUUID()}`)
  try {
    const file = await open(path, 'wx')
    try {
      await file.writeFile(Buffer.alloc(ROOM))
      await file.sync()
    } finally {
      await file.close()
    }
  } catch (error) {
    // A write that fails doesn't say where.
    throw Object.assign(error as NodeJS.ErrnoException, {
      path: (error as NodeJS.ErrnoException).path ?? folder,
    })
  } finally {
    await rm(path, { force: true })
    for (const at of made.reverse()) await rmdir(at).catch(() => undefined)
  }
}

/**
 * Makes a folder and those above it. Node's own recursive `mkdir` never ends where a file system says that a new folder's
 * parent is missing although it is there, as /proc does.
 * @returns those that were missing, the outermost first
 */
async function makeFolders(folder: string): Promise<string[]> {
  const failed = await mkdir(folder).catch((error: NodeJS.ErrnoException) => error)
  if (!(failed instanceof Error)) return [folder]
  if (failed.code === 'EEXIST' && (await stat(folder)).isDirectory()) return []
  if (failed.code !== 'ENOENT' || dirname(folder) === folder) throw failed
  const above = await makeFolders(dirname(folder))
  await mkdir(folder).catch(async error => {
    if (error.code === 'EEXIST') return
    for (const at of above.reverse()) await rmdir(at).catch(() => undefined)
    throw error
  })
  return [...above, folder]
}
