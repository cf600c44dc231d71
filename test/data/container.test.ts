import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findCodecs } from '../../src/data/codecs.ts'
import { containerOf } from '../../src/data/container.ts'
import { thumbnails } from '../../src/data/summary/thumbnails.ts'
import { decodeVideo, probeVideo } from '../../src/data/video.ts'
import { videoFrames } from '../../src/data/video-frames.ts'
import { type Place, TRICKS } from './container-tricks.ts'
import { ffmpeg } from './fixtures.ts'

let root: string
let place: Place
let server: Server
const requests: string[] = []

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'layergym-tricks-'))
  server = createServer((request, response) => {
    requests.push(request.url ?? '')
    response.writeHead(404).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const folder = join(root, 'given')
  mkdirSync(folder)
  const names = ['secret.mp4', 'secret.png', 'clip.mp4', 'picture.png']
  const [secret, secretPicture, clip, picture] = names.map(name => join(root, name))
  const drawn = (colour: string) => ['-f', 'lavfi', '-i', `color=${colour}:s=16x16:d=0.2`]
  await ffmpeg(...drawn('white'), secret)
  await ffmpeg(...drawn('white'), '-frames:v', '1', secretPicture)
  await ffmpeg(...drawn('black'), clip)
  await ffmpeg(...drawn('black'), '-frames:v', '1', picture)
  const { port } = server.address() as AddressInfo
  place = { folder, secret, secretPicture, clip, picture, server: `http://127.0.0.1:${port}` }
})

afterAll(() => {
  server.close()
  rmSync(root, { recursive: true, force: true })
})

describe('a file is read as itself or not at all', () => {
  test.each(TRICKS)(
    '$name',
    async ({ make, gives }) => {
      const path = make(place)
      const options = { size: [16, 16], fit: 'stretch', channels: 1, frameRate: 25 } as const
      const first = async () => {
        for await (const frame of videoFrames(path, options)) return frame
      }
      const attempts = [
        decodeVideo(path, options).then(video => video.frames.subarray(0, 256)),
        first(),
        thumbnails([{ path }]).then(([picture]) => picture),
        probeVideo(path).then(() => undefined),
      ]
      for (const result of await Promise.allSettled(attempts)) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: gives, exitCode: 2 })
        else if (gives !== 'itself') expect(result.value).toBeUndefined()
        // The pictures that may be read are black, the secret is white.
        else if (result.value !== undefined) expect(Math.max(...result.value)).toBeLessThan(64)
      }
      expect(requests).toEqual([])
    },
    20_000,
  )

  test('a decoder that is let loose falls for them', async () => {
    const given = TRICKS.find(({ name }) => name === 'a pattern of pictures')?.make(place) ?? ''
    const { path } = (await findCodecs()).ffmpeg
    const args = ['-v', 'quiet', '-i', given, '-pix_fmt', 'gray', '-f', 'rawvideo', '-']
    const pixels = await new Promise<Buffer>(resolve =>
      execFile(path, args, { encoding: 'buffer' }, (_, stdout) => resolve(stdout)),
    )
    expect(Math.max(...pixels.subarray(0, 256))).toBeGreaterThan(200)
  })
})

describe('containerOf', () => {
  const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
  const packets = (size: number, sync: number, shift = 0) => {
    const bytes = Buffer.alloc(6 * size, 1)
    for (let i = sync + shift; i < bytes.length; i += size) bytes[i] = 0x47
    return bytes
  }

  test.each<[string, string, Buffer, string | undefined]>([
    ['an MP4', 'a.mp4', hex('00000018 66747970 69736f6d'), 'mov'],
    ['an MP4 without a type box', 'a.mov', hex('00000008 6d6f6f76'), 'mov'],
    ['a Matroska', 'a.mp4', hex('1a45dfa3 01'), 'matroska'],
    ['a transport stream', 'a.ts', packets(188, 0), 'mpegts'],
    ['one that begins within a packet', 'a.ts', packets(188, 0, 77), 'mpegts'],
    ['one with time codes', 'a.m2ts', packets(192, 4), 'mpegts'],
    ['four packets of six', 'a.ts', packets(188, 0).fill(0, 500), undefined],
    ['a raw stream by its name', 'a.hevc', hex('00000001 40'), 'hevc'],
    ['the same without it', 'a.mp4', hex('00000001 40'), undefined],
    ['a program stream', 'a.mpg', hex('000001ba 44'), 'mpeg'],
    ['a JPEG', 'a.jpg', hex('ffd8ffe0'), 'image2'],
    ['a JPEG under another name', 'a.png', hex('ffd8ffe0'), 'jpeg_pipe'],
    ['a stream of JPEGs', 'a.mjpeg', hex('ffd8ffe0'), 'mjpeg'],
    ['a Targa', 'a.tga', Buffer.concat([hex('000002'), Buffer.alloc(20)]), 'image2'],
    ['its bytes under another name', 'a.mp4', Buffer.concat([hex('000002'), Buffer.alloc(20)]), undefined],
    ['nothing', 'a.mp4', Buffer.alloc(0), undefined],
  ])('%s', (_, name, bytes, demuxer) => {
    expect(containerOf(bytes, name)?.demuxer).toBe(demuxer)
  })
})
