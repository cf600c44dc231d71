import { extname } from 'node:path'

const VIDEO =
  '3g2 3gp asf avi divx dv f4v flv gif h264 hevc ivf m2ts m2v m4v mjpeg mjpg mkv mov mp4 mpe mpeg mpg mts mxf ogm ogv rm rmvb ts vob webm wmv y4m'
const IMAGE = 'bmp jpeg jpg pgm png ppm tga tif tiff webp'
/** Containers that may hold video: decoding tells. */
const MAYBE = 'm4a ogg'

const CLIPS = new Set(`${VIDEO} ${IMAGE} ${MAYBE}`.split(' '))
const PICTURES = new Set(IMAGE.split(' '))
const SOUNDS = new Set('aac flac mp3 wav wma'.split(' '))
const SEQUENCES = new Set('csv npy tsv'.split(' '))

/** Whether a file's name says that it may be a clip or a picture, or that it is sound alone. */
export function mediaType(path: string): 'clip' | 'sound' | undefined {
  const extension = extname(path).slice(1).toLowerCase()
  if (CLIPS.has(extension)) return 'clip'
  return SOUNDS.has(extension) ? 'sound' : undefined
}

/** Whether a file's name says that it may be a clip or a picture. */
export function isVideoFile(path: string): boolean {
  return mediaType(path) === 'clip'
}

/** Whether a file's name says that it holds numbers through time, which models on sequences take. */
export function isSequenceFile(path: string): boolean {
  return SEQUENCES.has(extname(path).slice(1).toLowerCase())
}

/** Whether a file's name says that it is one picture. */
export function isPictureFile(path: string): boolean {
  return PICTURES.has(extname(path).slice(1).toLowerCase())
}
