import { randomUUID } from 'node:crypto'
import { link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes a file whole or not at all: write beside it, fsync, rename. Several may write one file: the last stays. */
export async function writeAtomic(path: string, content: string | Uint8Array): Promise<void> {
  await written(path, content, temporary => rename(temporary, path))
}

/**
 * The same for a file that must not be there yet: of several that write it at once, one succeeds.
 * @throws the system's error `EEXIST` for the others
 */
export async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  await written(path, content, async temporary => {
    // Unlike a rename, a link never replaces; not every disk has links.
    const linked = await link(temporary, path).then(
      () => true,
      error => {
        if (error.code === 'EEXIST') throw error
        return false
      },
    )
    if (linked) await rm(temporary)
    else {
      await (await open(path, 'wx')).close()
      await rename(temporary, path)
    }
  })
}

/** The temporary name is random and taken exclusively: process numbers repeat, in containers for example. */
async function written(
  path: string,
  content: string | Uint8Array,
  publish: (temporary: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = `${path}.${randomUUID()}.partial`
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await publish(temporary)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
