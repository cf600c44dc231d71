import { extname } from 'node:path'

/** A file format with pictures in it that layergym has decoded: the one demuxer of ffmpeg's that may read it. */
export interface Container {
  readonly name: string
  readonly demuxer: string
  /** Of the demuxer, so that it reads this file alone. */
  readonly options?: readonly string[]
}

/** Bytes at the start of a file that tell its container. */
export const HEAD = 4096

const mov = container('mov', ['-enable_drefs', '0', '-use_absolute_path', '0'])
const mpegTs = container('mpegts')
/** Boxes that an MP4 or QuickTime file may begin with. */
const BOXES = 'ftyp moov mdat free skip wide pnot uuid styp'.split(' ')
/** Fixed first bytes, as Latin-1. */
const SIGNATURES: readonly (readonly [string, Container])[] = [
  ['\x1aE\xdf\xa3', container('matroska')],
  ['0&\xb2u\x8ef\xcf\x11', container('asf')],
  ['FLV', container('flv')],
  ['OggS', container('ogg')],
  ['GIF8', container('gif')],
  ['.RMF', container('rm')],
  ['DKIF', container('ivf')],
  ['YUV4MPEG2 ', container('yuv4mpegpipe')],
  ['\x06\x0e+4\x02\x05\x01\x01\x0d\x01\x02', container('mxf')],
  ['\x00\x00\x01\xba', container('mpeg')],
  ['\x00\x00\x01\xb3', container('mpegvideo')],
  ['\x1f\x07\x00', container('dv')],
  ['\x89PNG\r\n\x1a\n', container('png_pipe')],
  ['BM', container('bmp_pipe')],
  ['II*\x00', container('tiff_pipe')],
  ['MM\x00*', container('tiff_pipe')],
]
const RIFF: Readonly<Record<string, Container>> = {
  'AVI ': container('avi'),
  'AVI\x19': container('avi'),
  WEBP: container('webp_pipe'),
}
const PNM: Readonly<Record<string, Container>> = {
  1: container('pbm_pipe'),
  2: container('pgm_pipe'),
  3: container('ppm_pipe'),
  4: container('pbm_pipe'),
  5: container('pgm_pipe'),
  6: container('ppm_pipe'),
}
/** Streams that nothing but a start code is common to: the name says which they are. */
const RAW: Readonly<Record<string, Container>> = {
  h264: container('h264'),
  hevc: container('hevc'),
  m4v: container('m4v'),
}
const START_CODES = ['\0\0\x01', '\0\0\0\x01']
/** One picture, never a pattern of names. */
const onePicture = container('image2', ['-pattern_type', 'none'])
/** Image types of Targa files, the format without a signature. */
const TARGA_TYPES = [1, 2, 3, 9, 10, 11]
/** Sizes of a transport stream's packets, and where in each the sync byte stands. */
const PACKETS = [
  [188, 0],
  [192, 4],
  [204, 0],
] as const

/**
 * The container of a file, by its first bytes (and its name where those leave a choice); undefined for all that
 * layergym doesn't read, playlists and other files that name files above all.
 */
export function containerOf(head: Uint8Array, path: string): Container | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  const extension = extname(path).slice(1).toLowerCase()
  const text = (from: number, to: number) => bytes.toString('latin1', from, to)
  const fixed = SIGNATURES.find(([signature]) => text(0, signature.length) === signature)
  if (fixed !== undefined) return fixed[1]
  if (text(0, 4) === 'RIFF') return RIFF[text(8, 12)]
  if (BOXES.includes(text(4, 8))) return mov
  if (text(0, 3) === '\xff\xd8\xff') return jpeg(extension)
  if (/^P[1-6]\s/.test(text(0, 3))) return PNM[text(1, 2)]
  if (START_CODES.some(code => text(0, code.length) === code)) return RAW[extension]
  if (isTransportStream(bytes)) return mpegTs
  return extension === 'tga' && isTarga(bytes) ? onePicture : undefined
}

/** What a file is that is no container: words for people, where they are known. */
export function otherKind(head: Uint8Array): 'sound' | 'playlist' | undefined {
  const text = Buffer.from(head.subarray(0, 512)).toString('latin1')
  if (/^(ID3|fLaC|\xff[\xf2-\xfb]|\xff\xf1|RIFF....WAVE)/s.test(text)) return 'sound'
  const playlist = /^(\xef\xbb\xbf)?\s*(#EXTM3U|ffconcat|#ffconcat|file\s|v=0|\[playlist\]|<\?xml|<MPD|<ASX)/i
  return playlist.test(text) ? 'playlist' : undefined
}

function container(demuxer: string, options: readonly string[] = []): Container {
  return { name: demuxer.replace(/_pipe$/, ''), demuxer, options }
}

function jpeg(extension: string): Container {
  if (/^mjpe?g$/.test(extension)) return container('mjpeg')
  return /^jpe?g$/.test(extension) ? onePicture : container('jpeg_pipe')
}

/** Five packets one after the other; a recording may begin within one. */
function isTransportStream(bytes: Buffer): boolean {
  return PACKETS.some(([size, sync]) => {
    for (let start = sync; start < size + sync; start++) {
      const last = start + 4 * size
      if (last >= bytes.length) return false
      let packets = 0
      while (packets < 5 && bytes[start + packets * size] === 0x47) packets++
      if (packets === 5) return true
    }
    return false
  })
}

function isTarga(bytes: Buffer): boolean {
  return bytes.length >= 18 && bytes[1] <= 1 && TARGA_TYPES.includes(bytes[2])
}
