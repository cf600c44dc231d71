import { describe, expect, test } from 'vitest'
import { containerOf, otherKind } from '../../src/data/container.ts'
import { broken, withoutAddress } from '../../src/data/media-file.ts'

const latin1 = (text: string) => Buffer.from(text, 'latin1')

describe('what a file is by its first bytes', () => {
  test.each([
    ['FLV\x01', 'flv'],
    ['OggS', 'ogg'],
    ['GIF89a', 'gif'],
    ['.RMF', 'rm'],
    ['DKIF', 'ivf'],
    ['YUV4MPEG2 W1', 'yuv4mpegpipe'],
    ['YUV4MPEG2', undefined],
    ['0&\xb2u\x8ef\xcf\x11', 'asf'],
    ['\x06\x0e+4\x02\x05\x01\x01\x0d\x01\x02', 'mxf'],
    ['\x00\x00\x01\xb3', 'mpegvideo'],
    ['\x1f\x07\x00', 'dv'],
    ['\x89PNG\r\n\x1a\n', 'png_pipe'],
    ['BM', 'bmp_pipe'],
    ['II*\x00', 'tiff_pipe'],
    ['MM\x00*', 'tiff_pipe'],
    ['RIFF1234AVI ', 'avi'],
    ['RIFF1234AVI\x19', 'avi'],
    ['RIFF1234WEBP', 'webp_pipe'],
    ['RIFF1234WAVE', undefined],
    ['P1 ', 'pbm_pipe'],
    ['P5\n', 'pgm_pipe'],
    ['P6\t', 'ppm_pipe'],
    ['P7\n', undefined],
    ['P55', undefined],
    [' P5 ', undefined],
    ['1234ftyp', 'mov'],
    ['1234wide', 'mov'],
    ['ftyp', undefined],
    ['12345ftyp', undefined],
    [' FLV', undefined],
  ])('%j', (head, demuxer) => {
    expect(containerOf(latin1(head), 'a.bin')?.demuxer).toBe(demuxer)
  })

  test('reads that file alone', () => {
    expect(containerOf(latin1('1234moov'), 'a.mov')).toEqual({
      name: 'mov',
      demuxer: 'mov',
      options: ['-enable_drefs', '0', '-use_absolute_path', '0'],
    })
    expect(containerOf(latin1('BM'), 'a.bmp')).toEqual({ name: 'bmp', demuxer: 'bmp_pipe', options: [] })
    for (const name of ['a.jpg', 'a.JPEG'])
      expect(containerOf(latin1('\xff\xd8\xff'), name)?.options).toEqual(['-pattern_type', 'none'])
    for (const [name, demuxer] of [
      ['a.mjpg', 'mjpeg'],
      ['a.mjpeg', 'mjpeg'],
      ['a.xjpeg', 'jpeg_pipe'],
      ['a.jpgs', 'jpeg_pipe'],
    ])
      expect(containerOf(latin1('\xff\xd8\xff'), name)?.demuxer).toBe(demuxer)
  })

  test('raw streams and Targa files by their names', () => {
    const names = ['a.h264', 'a.HEVC', 'a.m4v', 'a.264'].map(
      name => containerOf(latin1('\0\0\x01'), name)?.demuxer,
    )
    expect(names).toEqual(['h264', 'hevc', 'm4v', undefined])
    const targa = (map: number, type: number, length = 18) => {
      const bytes = Buffer.alloc(length)
      bytes[1] = map
      bytes[2] = type
      return containerOf(bytes, 'a.tga')?.demuxer
    }
    for (const type of [1, 2, 3, 9, 10, 11]) expect(targa(1, type)).toBe('image2')
    expect([targa(2, 2), targa(0, 4), targa(0, 2, 17), targa(0, 0)]).toEqual(Array(4).fill(undefined))
  })

  test('five packets of a transport stream, of any of three sizes, from the first of their bytes on', () => {
    const stream = (size: number, first: number, count: number, length = first + (count - 1) * size + 1) => {
      const bytes = Buffer.alloc(length, 1)
      for (let i = 0; i < count; i++) bytes[first + i * size] = 0x47
      return containerOf(bytes, 'a.ts')?.demuxer
    }
    for (const [size, sync] of [
      [188, 0],
      [192, 4],
      [204, 0],
    ]) {
      expect(stream(size, sync, 5)).toBe('mpegts')
      expect(stream(size, sync + size - 1, 5)).toBe('mpegts')
      expect(stream(size, sync, 4, 5 * size)).toBeUndefined()
    }
    expect(stream(190, 0, 5)).toBeUndefined()
  })
})

describe('what a file is that shows nothing', () => {
  test.each([
    ['ID3', 'sound'],
    ['fLaC', 'sound'],
    ['\xff\xfb', 'sound'],
    ['\xff\xf1', 'sound'],
    ['RIFF\n\n\n\nWAVE', 'sound'],
    ['xID3', undefined],
    ['RIFF123WAVE', undefined],
    ['#EXTM3U\n', 'playlist'],
    ['\xef\xbb\xbf#extm3u', 'playlist'],
    [' \n ffconcat version 1', 'playlist'],
    ['#ffconcat', 'playlist'],
    ["file 'a.mp4'", 'playlist'],
    ['files', undefined],
    ['v=0', 'playlist'],
    ['[playlist]', 'playlist'],
    ['<?xml version="1.0"?>', 'playlist'],
    ['<MPD', 'playlist'],
    ['<asx', 'playlist'],
    ['a note: <?xml', undefined],
    ['not a video, v=0', undefined],
    ['', undefined],
  ])('%j', (head, kind) => expect(otherKind(latin1(head))).toBe(kind))

  test('as far as it was looked at', () => {
    expect(otherKind(latin1(`${' '.repeat(500)}<MPD`))).toBe('playlist')
    expect(otherKind(latin1(`${' '.repeat(510)}<MPD`))).toBeUndefined()
  })
})

describe('what a decoder says of a broken file', () => {
  const UNLISTED = '[mov @ 0x1] Codec (zmbv) not on whitelist'
  const reason = (...lines: string[]) =>
    broken('a.mp4', lines).message.replace('a.mp4 is broken or not a video: ', '')

  test('the first line that says something', () => {
    expect(reason()).toBe('nothing decodes')
    expect(reason('', '  ', 'Last message repeated 3 times', 'bad header', 'more')).toBe('bad header')
    expect(reason('[a @ 0x1f] [b @ 0x2e] bad [c @ 0x3d] header')).toBe('bad [c @ 0x3d] header')
    expect(withoutAddress('[a @ here] x')).toBe('[a @ here] x')
  })

  test('of a codec that isn’t listed only where nothing else is wrong', () => {
    const coded = 'it is coded as zmbv, which is none of the codecs that are read'
    expect(reason(UNLISTED)).toBe(coded)
    expect(reason(UNLISTED, 'no decoder found')).toBe(coded)
    expect(reason(UNLISTED, 'moov atom not found', 'no decoder found')).toBe('moov atom not found')
    expect(reason('no decoder found')).toBe('no decoder found')
    expect(reason('moov atom not found', UNLISTED)).toBe('moov atom not found')
  })

  test('a file without pictures has none', () => {
    const error = broken('a.mp4', ['bad', "Stream map '0:V:0' matches no streams."])
    expect(error).toMatchObject({ code: 'video.no-video', kind: 'input' })
    expect(broken('a.mp4', ['bad']).code).toBe('video.broken')
  })
})
