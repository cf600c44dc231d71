import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { findCodecs } from '../../src/data/codecs.ts'
import type { Frames } from '../../src/data/frames.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Clips that ship with the repository: 128x128, 25 frames a second, 32 frames. */
export const DATA = join(ROOT, 'data')
export const SHIPPED = join(DATA, 'grid_command')
/** The developers' pack of real clips, where there is one. */
export const SHARED = join(process.env.LAYERGYM_SHARED ?? join(ROOT, '..', 'shared'), 'data', 'video')

export function shippedClips(count: number): string[] {
  const files = readdirSync(SHIPPED, { recursive: true, encoding: 'utf8' })
  const clips = files.filter(name => name.endsWith('.mp4')).sort()
  return clips.slice(0, count).map(name => join(SHIPPED, name))
}

/** A folder that goes when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Runs the ffmpeg that decodes, to make clips. */
export async function ffmpeg(...args: string[]): Promise<string> {
  const { path } = (await findCodecs()).ffmpeg
  const { stdout } = await promisify(execFile)(path, ['-nostdin', '-v', 'error', '-y', ...args], {
    maxBuffer: 2 ** 28,
  })
  return stdout
}

/** What `ffmpeg -f framemd5` says of each frame. */
export async function framemd5(path: string): Promise<string[]> {
  const output = ['-map', '0:v:0', '-pix_fmt', 'rgb24', '-f', 'framemd5', '-']
  const lines = (await ffmpeg('-i', path, ...output)).split('\n')
  return lines.filter(line => line.startsWith('0,')).map(line => line.slice(line.lastIndexOf(',') + 1).trim())
}

export function md5OfFrames({ frames, shape }: Frames): string[] {
  const size = shape[1] * shape[2] * shape[3]
  return Array.from({ length: shape[0] }, (_, i) => md5(frames.subarray(i * size, (i + 1) * size)))
}

export function md5(data: Uint8Array | string): string {
  return createHash('md5').update(data).digest('hex')
}
