import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { decodeVideo, probeVideo } from '../../src/data/video.ts'
import {
  DATA,
  ffmpeg,
  framemd5,
  md5,
  md5OfFrames,
  SHARED,
  shippedClips,
  temporaryFolder,
} from './fixtures.ts'

const GOLDEN = z
  .record(z.string(), z.object({ frames: z.number(), md5: z.string() }))
  .parse(
    JSON.parse(
      readFileSync(join(dirname(fileURLToPath(import.meta.url)), '..', 'golden', 'framemd5.json'), 'utf8'),
    ),
  )
const shipped = Object.keys(GOLDEN).filter(name => existsSync(join(DATA, name)))
const others = Object.keys(GOLDEN).filter(name => !shipped.includes(name))
const [clip] = shippedClips(1)

describe('every frame is the one that framemd5 lists', () => {
  test.each(shipped)('%s', async name => expectGolden(join(DATA, name), name))

  describe.runIf(existsSync(SHARED))('in the developers’ shared pack', () => {
    test.each(others)('%s', async name => expectGolden(join(SHARED, name), name))
  })

  // What those of the shared pack cover, made from a shipped clip.
  test.each([
    ['variable-rate.mp4', '-vf', "select='not(mod(n,7))+not(mod(n,3))'", '-vsync', 'vfr'],
    [
      'interlaced.ts',
      '-vf',
      'tinterlace=interleave_top,fps=25',
      '-c:v',
      'mpeg2video',
      '-flags',
      '+ilme+ildct',
    ],
    ['odd-size.avi', '-vf', 'scale=121:91', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj444p'],
    ['single-frame.mp4', '-frames:v', '1'],
    ["it's 100%d 'odd' [name] -i.mp4", '-t', '0.2'],
  ])('%s', async (name, ...args) => {
    const made = join(temporaryFolder(), name)
    await ffmpeg('-i', clip, ...(await forThisFfmpeg(args)), `file:${made}`)
    expect(md5OfFrames(await decodeVideo(made))).toEqual(await framemd5(`file:${made}`))
  })

  test('a picture is a clip of one frame', async () => {
    const made = join(temporaryFolder(), 'picture.png')
    await ffmpeg('-i', clip, '-frames:v', '1', made)
    const { frames, shape, times } = await decodeVideo(made)
    expect(shape).toEqual([1, 128, 128, 3])
    expect([...times]).toEqual([0])
    expect(md5(frames)).toBe((await framemd5(clip))[0])
  })
})

describe('size, rate and piece', () => {
  test('times are those of the frames', async () => {
    const { times, shape } = await decodeVideo(clip)
    expect(shape).toEqual([32, 128, 128, 3])
    for (const [i, time] of times.entries()) expect(time).toBeCloseTo(i / 25, 9)
  })

  test.each(['crop', 'letterbox', 'stretch'] as const)('%s brings a wide clip to a square', async fit => {
    const wide = join(temporaryFolder(), 'wide.avi')
    // Left and right quarter white, the middle half grey.
    const drawing = 'drawbox=0:0:50:100:white:t=100,drawbox=150:0:50:100:white:t=100'
    await ffmpeg('-f', 'lavfi', '-i', `color=gray:s=200x100:d=0.1,${drawing}`, '-c:v', 'ffv1', wide)
    const { frames, shape } = await decodeVideo(wide, { size: [40, 40], fit })
    expect(shape.slice(1)).toEqual([40, 40, 3])
    const at = (y: number, x: number) => frames[(y * 40 + x) * 3]
    const [top, left, centre] = [at(2, 20), at(20, 2), at(20, 20)]
    expect(centre).toBeGreaterThan(110)
    expect(centre).toBeLessThan(145)
    expect(left).toBeCloseTo(fit === 'crop' ? centre : 255, -1)
    expect(top).toBeCloseTo(fit === 'letterbox' ? 0 : centre, -1)
  })

  test('one channel is luma', async () => {
    const { frames, shape } = await decodeVideo(clip, { channels: 1, size: [33, 47] })
    expect(shape).toEqual([32, 33, 47, 1])
    expect(frames.length).toBe(32 * 33 * 47)
    expect(new Set(frames).size).toBeGreaterThan(20)
  })

  test('a clip at its own rate keeps its frames', async () => {
    const all = await decodeVideo(clip)
    const same = await decodeVideo(clip, { frameRate: 25 })
    expect(md5OfFrames(same)).toEqual(md5OfFrames(all))
  })

  test('another rate takes the frames nearest in time', async () => {
    const all = md5OfFrames(await decodeVideo(clip))
    const { times, ...slow } = await decodeVideo(clip, { frameRate: 10 })
    expect([...times]).toEqual(Array.from({ length: 13 }, (_, k) => k / 10))
    // 0.1 s lies between frames 2 (0.08) and 3 (0.12): the earlier of two as near.
    const nearest = [...times].map(time => Math.ceil(time * 25 - 0.5 - 1e-6))
    expect(md5OfFrames({ ...slow, times })).toEqual(nearest.map(i => all[i]))
    expect((await decodeVideo(clip, { frameRate: 50 })).shape[0]).toBe(64)
  })

  test('a piece has the frames from start until before end', async () => {
    const all = md5OfFrames(await decodeVideo(clip))
    const piece = await decodeVideo(clip, { start: 0.2, end: 0.6 })
    expect(md5OfFrames(piece)).toEqual(all.slice(5, 15))
    expect(piece.times[0]).toBeCloseTo(0.2, 9)
    await expect(decodeVideo(clip, { start: 5 })).rejects.toMatchObject({ code: 'video.empty-piece' })
  })

  test('a late piece, which is sought, has the same frames as the whole', async () => {
    const long = join(temporaryFolder(), 'long.mp4')
    await ffmpeg(
      '-stream_loop',
      '24',
      '-i',
      clip,
      '-c:v',
      'libx264',
      '-g',
      '60',
      '-preset',
      'ultrafast',
      long,
    )
    const whole = await decodeVideo(long, { size: [32, 32] })
    const piece = await decodeVideo(long, { size: [32, 32], start: 25.02, end: 26 })
    const first = whole.times.findIndex(time => time >= 25.02)
    const last = whole.times.findIndex(time => time >= 26)
    expect(piece.shape[0]).toBe(last - first)
    expect(md5OfFrames(piece)).toEqual(md5OfFrames(whole).slice(first, last))
    expect(piece.times[0]).toBeCloseTo(whole.times[first], 5)
  })
})

describe('probe', () => {
  test('a shipped clip', async () => {
    const info = await probeVideo(clip)
    expect(info).toEqual({
      width: 128,
      height: 128,
      frameRate: 25,
      duration: 1.28,
      codec: 'h264',
    })
  })

  test('sound that goes on after the pictures adds nothing to their duration', async () => {
    const made = join(temporaryFolder(), 'sound.mp4')
    await ffmpeg('-i', clip, '-f', 'lavfi', '-i', 'sine=d=3', '-c:v', 'copy', '-c:a', 'aac', made)
    expect((await probeVideo(made)).duration).toBeCloseTo(1.28, 2)
    expect((await decodeVideo(made)).shape[0]).toBe(32)
  })

  test('a rate that is no whole number is that of NTSC', async () => {
    const made = join(temporaryFolder(), 'ntsc.mp4')
    await ffmpeg('-f', 'lavfi', '-i', 'color=gray:s=32x32:r=30000/1001:d=1', made)
    expect((await probeVideo(made)).frameRate).toBeCloseTo(30000 / 1001, 9)
  })

  test('an MPEG transport stream with a service name', async () => {
    const made = join(temporaryFolder(), 'stream.ts')
    await ffmpeg('-i', clip, '-c:v', 'mpeg2video', made)
    const info = await probeVideo(made)
    expect(info).toMatchObject({ width: 128, height: 128, frameRate: 25, codec: 'mpeg2video' })
    expect(info.duration).toBeCloseTo(1.28, 1)
  })

  test.runIf(existsSync(SHARED))('a rotated clip of the shared pack is as it is shown', async () => {
    const info = await probeVideo(join(SHARED, 'misc', 'rotated90_metadata.mp4'))
    expect([info.width, info.height]).toEqual([180, 320])
  })
})

describe('what does not decode is named', () => {
  test.each([
    ['missing.mp4', 'video.not-found', async () => {}],
    ['folder.mp4', 'video.not-a-file', async (path: string) => mkdirSync(path)],
    ['empty.mp4', 'video.empty', async (path: string) => writeFileSync(path, '')],
    [
      'text.mp4',
      'video.broken',
      async (path: string) => writeFileSync(path, 'not a video at all\n'.repeat(99)),
    ],
    [
      'no-index.mp4',
      'video.broken',
      async (path: string) => writeFileSync(path, readFileSync(clip).subarray(0, 900)),
    ],
    [
      'sound.m4a',
      'video.no-video',
      async (path: string) => void (await ffmpeg('-f', 'lavfi', '-i', 'sine=d=0.5', '-c:a', 'aac', path)),
    ],
  ])('%s: %s', async (name, code, make) => {
    const path = join(temporaryFolder(), name)
    await make(path)
    for (const attempt of [decodeVideo, probeVideo]) {
      const error = await attempt(path).then(
        () => undefined,
        reason => reason,
      )
      expect(error).toMatchObject({ code, exitCode: 2 })
      expect(error.message).toContain(path)
    }
  })

  test('a codec that is not listed is named', async () => {
    const path = join(temporaryFolder(), 'screen.avi')
    await ffmpeg('-i', clip, '-frames:v', '2', '-c:v', 'zmbv', path)
    await expect(decodeVideo(path)).rejects.toThrow(/coded as zmbv, which is none/)
  })

  test('a picture that claims more pixels than there is memory for is refused', async () => {
    const path = join(temporaryFolder(), 'bomb.bmp')
    const picture = Buffer.alloc(1024)
    picture.write('BM')
    for (const [i, value] of [40, 60_000, 60_000, 1 | (24 << 16)].entries())
      picture.writeUInt32LE(value, 14 + 4 * i)
    writeFileSync(path, picture)
    await expect(decodeVideo(path)).rejects.toMatchObject({ code: 'video.broken' })
  })

  test('a file cut short gives the frames it has, or an error when those are not enough', async () => {
    const path = join(temporaryFolder(), 'cut.mp4')
    const groups = ['-g', '4', '-movflags', '+faststart']
    await ffmpeg('-i', clip, '-c:v', 'libx264', '-crf', '10', ...groups, path)
    truncateSync(path, Math.round(readFileSync(path).length * 0.6))
    const { shape, damage } = await decodeVideo(path)
    expect(shape[0]).toBeGreaterThan(4)
    expect(shape[0]).toBeLessThan(32)
    expect(damage).toBeDefined()
    const strict = decodeVideo(path, { damaged: 'error' })
    await expect(strict).rejects.toMatchObject({ code: 'video.damaged', exitCode: 2 })
    await expect(strict).rejects.toThrow(path)
  })

  test('options out of range', async () => {
    await expect(decodeVideo(clip, { size: [0, 3] })).rejects.toMatchObject({ code: 'video.size' })
    await expect(decodeVideo(clip, { frameRate: 0 })).rejects.toMatchObject({ code: 'video.frame-rate' })
    await expect(decodeVideo(clip, { start: 2, end: 1 })).rejects.toMatchObject({ code: 'video.piece' })
  })
})

describe('abort', () => {
  test.each([0, 1, 30, 150])('after %d ms ends decoding as interrupted', async delay => {
    const long = join(temporaryFolder(), 'long.mp4')
    await ffmpeg('-stream_loop', '40', '-i', clip, '-c', 'copy', long)
    const abort = new AbortController()
    if (delay === 0) abort.abort()
    else setTimeout(() => abort.abort(), delay)
    const decoding = decodeVideo(long, { size: [720, 1280], signal: abort.signal })
    await expect(decoding).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 })
  })
})

async function expectGolden(path: string, name: string): Promise<void> {
  const hashes = md5OfFrames(await decodeVideo(path))
  expect({ frames: hashes.length, md5: md5(hashes.join('\n')) }).toEqual(GOLDEN[name])
}

/** `-vsync` has another name in new versions. */
async function forThisFfmpeg(args: readonly string[]): Promise<string[]> {
  const { findCodecs } = await import('../../src/data/codecs.ts')
  const { syncOption } = (await findCodecs()).ffmpeg
  return args.map(arg => (arg === '-vsync' ? syncOption : arg))
}
