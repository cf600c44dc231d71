import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { inputError, type LayergymError } from '../common/error.ts'

/** Local files alone, whatever a playlist or a reference inside a file asks for. */
export const PROTOCOLS = ['-protocol_whitelist', 'file,pipe']
/** The first video stream that is not a cover picture. */
export const STREAM = '0:V:0'
/** A decoder that says nothing for this long hangs. Milliseconds. */
export const STALLED = 120_000

/** Throws for what ffmpeg would explain badly: no such file, a folder, an empty file. */
export async function checkFile(path: string): Promise<void> {
  const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      throw inputError('video.not-found', `${path}: there is no such file`)
    throw inputError('video.unreadable', `${path} cannot be read: ${error.message}`)
  })
  if (!facts.isFile()) throw inputError('video.not-a-file', `${path} is not a file`)
  if (facts.size === 0) throw inputError('video.empty', `${path} is empty (0 bytes)`)
}

/** The error that ffmpeg's messages amount to. */
export function broken(path: string, lines: readonly string[]): LayergymError {
  if (lines.some(line => /matches no streams/.test(line))) return noVideo(path)
  const line = lines.find(text => text.trim() !== '') ?? 'nothing decodes'
  return inputError('video.broken', `${path} is broken or not a video: ${withoutAddress(line)}`)
}

export function noVideo(path: string): LayergymError {
  return inputError('video.no-video', `${path} has no video stream (audio only?)`)
}

/** "[mov @ 0x5671e40] moov atom not found" → "moov atom not found". */
export function withoutAddress(line: string): string {
  return line.replace(/^(\[[^\]]* @ 0x[0-9a-f]+\] )+/, '')
}

/** A form that ffmpeg can take neither for an option nor for another protocol. */
export function fileUrl(path: string): string {
  return `file:${resolve(path)}`
}
