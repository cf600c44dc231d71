import { open } from 'node:fs/promises'
import { imageSize } from 'image-size'
import { inputError } from '../common/error.ts'
import { findCodecs } from './codecs.ts'
import type { Size } from './geometry.ts'
import { broken, openInput } from './media-file.ts'
import { isPictureFile, isSequenceFile } from './media-types.ts'
import { decodeVideo, probeVideo } from './video.ts'

/** What a file shows, without decoding it. */
export interface Media {
  /** As shown: turned where the decoder turns it. */
  readonly size: Size
  /** Missing of a picture. */
  readonly video?: { readonly duration: number; readonly frameRate: number }
}

/** Bytes at the start of a picture that are read for its size: the second where the first don't hold it. */
const HEADS = [2 ** 16, 2 ** 20]
/** Whose headers are unmistakable; the decoder is asked about others. */
const TYPES = ['jpg', 'png', 'webp', 'bmp', 'tiff', 'pnm']
/** EXIF's orientations from here on lie on their side. */
const SIDEWAYS = 5

/** Whether a decoder turns pictures as EXIF says; by its path. */
const turning = new Map<string, Promise<boolean>>()

/** Size of a picture or a video, and how long a video is. Throws as `probeVideo`. */
export async function mediaOf(path: string, signal?: AbortSignal): Promise<Media> {
  if (isPictureFile(path)) {
    await openInput(path)
    const size = await pictureSize(path)
    if (size !== undefined) return { size }
  }
  if (isSequenceFile(path)) {
    throw inputError(
      'video.sequence',
      `${path} holds numbers through time: boxes, masks and segments are of videos and pictures, sequences have labels alone`,
    )
  }
  const { height, width, duration, frameRate } = await probeVideo(path, { signal })
  if (height === 0 || width === 0) throw broken(path, ['it has no size'])
  const size = [height, width] as const
  return isPictureFile(path) ? { size } : { size, video: { duration, frameRate } }
}

/** From the file's first bytes; undefined where they don't tell. */
async function pictureSize(path: string): Promise<Size | undefined> {
  const file = await open(path)
  try {
    for (const length of HEADS) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0)
      const found = sizeIn(buffer.subarray(0, bytesRead))
      if (found !== undefined) return await shown(path, [found.height, found.width], found.orientation ?? 1)
      if (bytesRead < length) return undefined
    }
    return undefined
  } finally {
    await file.close()
  }
}

function sizeIn(bytes: Uint8Array): ReturnType<typeof imageSize> | undefined {
  try {
    const found = imageSize(bytes)
    const known = TYPES.includes(found.type ?? '') && found.width > 0 && found.height > 0
    return known ? found : undefined
  } catch {
    return undefined
  }
}

/** Decoders differ in whether they turn pictures as EXIF says: the first that lies on its side is decoded to see. */
async function shown(path: string, stored: Size, orientation: number): Promise<Size> {
  const [height, width] = stored
  if (orientation < SIDEWAYS || height === width) return stored
  const decoder = (await findCodecs()).ffmpeg.path
  let turns = turning.get(decoder)
  if (turns === undefined) {
    turns = decodeVideo(path).then(({ shape }) => shape[1] === width)
    turning.set(decoder, turns)
    turns.catch(() => turning.delete(decoder))
  }
  return (await turns) ? [width, height] : stored
}
