import type { FileHandle } from 'node:fs/promises'
import { openRegularFile } from '../../common/regular-file.ts'

/** A line of a log, and where it begins, in bytes. */
export interface Line {
  readonly offset: number
  readonly text: string
}

export interface TailListener {
  onLine(line: Line): void
  /** The file is another than it was, or shorter: all lines come once more. */
  onAnew(): void
}

/** A link in a run's folder may lead to what nobody was to see. */
const OWN = { follow: false }
/** Bytes that are read at once. */
const CHUNK = 2 ** 18
/** Bytes before the place reached, by which a file that was cut off and has grown again is known. */
const KNOWN = 256
const NEWLINE = 10

/** Follows a file of lines that grows, by how far it was read. A line without its end waits for it. */
export class Tail {
  private offset = 0
  private known = Buffer.alloc(0)

  constructor(private readonly path: string) {}

  /** Tells the lines that are new. A file that isn't there has none. @returns whether anything was told */
  async read(listener: TailListener): Promise<boolean> {
    const file = await openRegularFile(this.path, OWN).catch(() => undefined)
    if (file === undefined) return this.restart(listener)
    try {
      const same = await this.isSame(file)
      const anew = same ? false : this.restart(listener)
      const from = this.offset
      await this.readOn(file, listener)
      return anew || this.offset > from
    } finally {
      await file.close()
    }
  }

  private restart(listener: TailListener): boolean {
    if (this.offset === 0) return false
    this.offset = 0
    this.known = Buffer.alloc(0)
    listener.onAnew()
    return true
  }

  private async isSame(file: FileHandle): Promise<boolean> {
    const { length } = this.known
    return (await bytesOf(file, this.offset - length, length)).equals(this.known)
  }

  private async readOn(file: FileHandle, listener: TailListener): Promise<void> {
    let rest: Buffer = Buffer.alloc(0)
    for (;;) {
      const chunk = await bytesOf(file, this.offset + rest.length, CHUNK)
      if (chunk.length === 0) return
      rest = this.told(Buffer.concat([rest, chunk]), listener)
    }
  }

  /** @returns what has no end yet */
  private told(bytes: Buffer, listener: TailListener): Buffer {
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      listener.onLine({ offset: this.offset + start, text: bytes.toString('utf8', start, end) })
      start = end + 1
    }
    if (start > 0) this.known = Buffer.from(bytes.subarray(Math.max(0, start - KNOWN), start))
    this.offset += start
    return bytes.subarray(start)
  }
}

/** The line that begins at an offset, where there is one still. */
export async function lineAt(path: string, offset: number): Promise<string | undefined> {
  const file = await openRegularFile(path, OWN).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const parts: Buffer[] = []
    for (let at = offset; ; ) {
      const chunk = await bytesOf(file, at, CHUNK)
      const end = chunk.indexOf(NEWLINE)
      parts.push(end < 0 ? chunk : chunk.subarray(0, end))
      at += chunk.length
      if (end >= 0) return Buffer.concat(parts).toString('utf8')
      if (chunk.length === 0) return undefined
    }
  } finally {
    await file.close()
  }
}

/** As many as there are. */
async function bytesOf(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}
