import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { inputError, type LayergymError } from '../common/error.ts'
import { type Container, containerOf, HEAD, otherKind } from './container.ts'

/** The first video stream that is not a cover picture. */
export const STREAM = '0:V:0'

/** How ffmpeg is told to read one file, and nothing else. */
export interface Input {
  readonly container: Container
  /** Stand before the file's URL. */
  readonly options: readonly string[]
  readonly url: string
}

/** Decoders of pictures that may run, by ffmpeg's names; sound and subtitles are never decoded. */
const DECODERS =
  'h264 hevc av1 libdav1d libaom-av1 vp8 vp9 libvpx libvpx-vp9 vp3 vp6 vp6a vp6f theora mpeg1video mpeg2video mpegvideo mpeg4 msmpeg4v1 msmpeg4v2 msmpeg4 wmv1 wmv2 wmv3 vc1 h261 h263 h263i h263p flv rv10 rv20 rv30 rv40 svq1 svq3 cinepak mjpeg mjpegb png gif bmp tiff webp targa pbm pgm ppm dvvideo prores dnxhd cfhd ffv1 huffyuv ffvhuff utvideo magicyuv qtrle rpza msvideo1 msrle rawvideo v210 jpeg2000'
/** Of one frame: above an 8K video's and a large camera's. A header that claims more asks for memory alone. */
export const MOST_PIXELS = 2 ** 27

/**
 * A regular file whose first bytes are those of a known container, and the options that make ffmpeg read it as that:
 * one demuxer, listed decoders, no protocol but the file.
 * @throws input error `video.not-found`, `video.not-a-file`, `video.empty`, `video.unreadable`, `video.no-video`,
 * `video.playlist` for a file that names others, `video.broken` for what is no container
 */
export async function openInput(path: string): Promise<Input> {
  const head = await readHead(path)
  const container = containerOf(head, path)
  if (container === undefined) throw unknown(path, otherKind(head))
  const { demuxer, options = [] } = container
  return {
    container,
    options: [
      ...['-protocol_whitelist', 'file', '-format_whitelist', demuxer],
      ...['-codec_whitelist', DECODERS.replaceAll(' ', ','), '-max_pixels', String(MOST_PIXELS)],
      ...['-f', demuxer, ...options],
    ],
    url: fileUrl(path),
  }
}

/** Throws for what ffmpeg would explain badly: no such file, a folder, an empty file. */
async function readHead(path: string): Promise<Uint8Array> {
  // A pipe that nobody writes to would be waited for.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
        throw inputError('video.not-found', `${path}: there is no such file`)
      throw inputError('video.unreadable', `${path} cannot be read: ${error.message}`)
    },
  )
  try {
    return await headOf(file, path)
  } finally {
    await file.close()
  }
}

async function headOf(file: FileHandle, path: string): Promise<Uint8Array> {
  const facts = await file.stat()
  if (!facts.isFile()) throw inputError('video.not-a-file', `${path} is not a file`)
  if (facts.size === 0) throw inputError('video.empty', `${path} is empty (0 bytes)`)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD), 0, HEAD, 0)
  return buffer.subarray(0, bytesRead)
}

function unknown(path: string, kind: ReturnType<typeof otherKind>): LayergymError {
  if (kind === 'sound') return noVideo(path)
  if (kind === 'playlist')
    return inputError(
      'video.playlist',
      `${path} is a playlist or a description of files elsewhere, which are not read: give those files themselves`,
    )
  return broken(path, ['its first bytes are those of no video or picture that can be read'])
}

/** The error that ffmpeg's messages amount to. */
export function broken(path: string, lines: readonly string[]): LayergymError {
  if (lines.some(line => /matches no streams/.test(line))) return noVideo(path)
  const said = lines.filter(text => text.trim() !== '' && !/Last message repeated/.test(text))
  const refused = said.find(text => UNLISTED.test(text))
  const line = said.find(text => !UNLISTED.test(text))
  const reason = refused !== undefined && (line === undefined || DECODER.test(line)) ? refused : line
  return inputError(
    'video.broken',
    `${path} is broken or not a video: ${reasonOf(reason ?? 'nothing decodes')}`,
  )
}

/** What ffmpeg says of streams whose decoder is not allowed: of every sound, for example. */
const UNLISTED = /not on whitelist/
const DECODER = /decoder/

function reasonOf(line: string): string {
  const codec = /Codec \((\w+)\) not on whitelist/.exec(line)?.[1]
  return codec === undefined
    ? withoutAddress(line)
    : `it is coded as ${codec}, which is none of the codecs that are read`
}

export function noVideo(path: string): LayergymError {
  return inputError('video.no-video', `${path} has no video stream (audio only?)`)
}

/** "[mov @ 0x5671e40] moov atom not found" → "moov atom not found". */
export function withoutAddress(line: string): string {
  return line.replace(/^(\[[^\]]* @ 0x[0-9a-f]+\] )+/, '')
}

/** A form that ffmpeg can take neither for an option nor for another protocol. */
function fileUrl(path: string): string {
  return `file:${resolve(path)}`
}
