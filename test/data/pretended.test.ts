import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { findCodecs } from '../../src/data/codecs.ts'
import { execute } from '../../src/data/execute.ts'
import { contentHash } from '../../src/data/fingerprint.ts'
import { frameTimes } from '../../src/data/frame-times.ts'
import { probeVideo } from '../../src/data/probe.ts'
import { type DecodeOptions, decodeVideo } from '../../src/data/video.ts'
import { Watchdog } from '../../src/data/watchdog.ts'
import { temporaryFolder } from './fixtures.ts'

afterEach(() => vi.unstubAllEnvs())

/** Says what formats there are: that is asked once a process, and remembered. */
const real = (await findCodecs()).ffmpeg.path

/** A clip, and a decoder on the PATH that says this of it: its listing, and the packets where there are some. */
function pretend(listing: string, packets?: string, name = 'a.flv'): string {
  const folder = temporaryFolder()
  const clip = join(folder, name)
  writeFileSync(clip, 'FLV\x01')
  writeFileSync(join(folder, 'listing'), listing)
  writeFileSync(join(folder, 'packets'), packets ?? '')
  const script = `case "$*" in
  *-version*) echo "ffmpeg version 9.9 Copyright (c) 2000-2031 the authors" ;;
  *framecrc*) cat "${folder}/packets" ;;
  *) cat "${folder}/listing" >&2; exit 1 ;;
esac`
  writeFileSync(join(folder, 'ffmpeg'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'ffmpeg'), 0o755)
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`)
  return clip
}

const HEAD = 'Input #0, flv, from file:\n  Duration: 01:02:03.50, start: 0.000000, bitrate: 1 kb/s\n'
const video = (more = '', rate = '25 fps', number = 0) =>
  `  Stream #0:${number}: Video: vp9 (Profile 0), yuv420p(tv), 64x48, ${rate}, 25 tbr${more}\n`
const SOUND = '  Stream #0:1: Audio: aac (LC), 44100 Hz, stereo\n'
const PACKETS = '#tb 0: 1/100\n0, 50, 50, 4, 9, 0x1\n0, 0, 0, 4, 9, 0x1\n0, -1, 990, 4, 9, 0x2, F=0x4\n'

describe('what a decoder lists of a file', () => {
  const probed = (listing: string, packets?: string, name?: string) =>
    probeVideo(pretend(listing, packets, name))

  test('size, rate, codec and duration', async () => {
    const expected = { width: 64, height: 48, frameRate: 25, duration: 3723.5, codec: 'vp9' }
    expect(await probed(HEAD + video())).toEqual(expected)
  })

  test.each([
    ['29.97 fps', 30000 / 1001],
    ['23.98 fps', 24000 / 1001],
    ['119.88 fps', 120000 / 1001],
    ['12.5 fps', 12.5],
    ['1k fps', 1000],
    ['0 fps', 25],
    ['90k tbn', 25],
  ])('%s', async (rate, frameRate) => {
    expect((await probed(HEAD + video('', rate))).frameRate).toBeCloseTo(frameRate, 9)
  })

  test.each([
    ['displaymatrix: rotation of -90.00 degrees', true],
    ['Display Matrix: rotation of 89.999 degrees', true],
    ['rotate          : 270', true],
    ['displaymatrix: rotation of 180.00 degrees', false],
    ['rotate          : 0', false],
    ['displaymatrix: rotation of 45.00 degrees', false],
  ])('%s', async (tag, sideways) => {
    const { width, height } = await probed(`${HEAD}${video()}    Side data:\n      ${tag}\n`)
    expect([width, height]).toEqual(sideways ? [48, 64] : [64, 48])
  })

  test('beside sound pictures are measured, to the end of the last that is shown', async () => {
    expect((await probed(HEAD + video() + SOUND, PACKETS)).duration).toBeCloseTo(0.5 + 1 / 25, 9)
    // Packets without times: the listing is all there is.
    expect((await probed(HEAD + video() + SOUND, '')).duration).toBe(3723.5)
    const unsaid = HEAD.replace(/\d\d:\d\d:\d\d\.50/, 'N/A')
    expect((await probed(unsaid + video(), '')).duration).toBe(1 / 25)
    expect((await probed(unsaid + video(), PACKETS)).duration).toBeCloseTo(0.54, 9)
    // A picture isn't measured.
    expect((await probed(unsaid + video(), PACKETS, 'a.png')).duration).toBe(1 / 25)
  })

  test('another error than a broken file is one', async () => {
    const clip = pretend(HEAD + video() + SOUND, PACKETS)
    const controller = new AbortController()
    const slow = `#!/bin/sh\ncase "$*" in *-version*) echo "ffmpeg version 9" ;; *framecrc*) touch ${clip}.begun; exec sleep 60 ;; *) cat "${join(clip, '..', 'listing')}" >&2 ;; esac\n`
    writeFileSync(join(clip, '..', 'ffmpeg'), slow)
    const probing = probeVideo(clip, { signal: controller.signal })
    probing.catch(() => undefined)
    while (!existsSync(`${clip}.begun`)) await new Promise(resolve => setTimeout(resolve, 5))
    controller.abort()
    await expect(probing).rejects.toMatchObject({ code: 'interrupted' })
  })

  test('a cover is no video', async () => {
    const cover = video(' (attached pic)')
    expect((await probed(`${HEAD}${cover}${video('', '50 fps', 1)}`, PACKETS)).frameRate).toBe(50)
    await expect(probed(HEAD + cover)).rejects.toMatchObject({ code: 'video.no-video' })
    await expect(probed(HEAD + SOUND)).rejects.toMatchObject({ code: 'video.no-video' })
  })

  test('of a broken file what is wrong, not what the decoder says of itself', async () => {
    const banner =
      'ffmpeg version 9.9\n  built with gcc\n  configuration: --x\n  libavutil 1\n[flv @ 0x12ab] moov atom not found\nAt least one output file must be specified\n'
    await expect(probed(banner)).rejects.toThrow(/a\.flv is broken or not a video: moov atom not found$/)
    await expect(probed(banner.replace(/\[flv.*\n/, ''))).rejects.toThrow('nothing decodes')
  })
})

describe('what a decoder says while it decodes', () => {
  const HEADER = ['#tb 0: 1/25', '#dimensions 0: 2x1']
  const stamp = (i: number) => `0, ${i}, ${i}, 1, 6, 0x0`

  /** Decoded by a program that says these lines and gives so many pictures of 2 by 1. */
  function decoded(
    lines: readonly string[],
    pictures: number,
    { code = 0, ...options }: DecodeOptions & { code?: number } = {},
  ) {
    const clip = pretend('')
    const folder = join(clip, '..')
    writeFileSync(join(folder, 'said'), lines.map(line => `${line}\n`).join(''))
    writeFileSync(
      join(folder, 'pixels'),
      Uint8Array.from({ length: 6 * pictures }, (_, i) => i),
    )
    const script = `#!/bin/sh
case "$*" in
  *-version*) echo "ffmpeg version 9.9" ;;
  *framecrc*) cat "${folder}/said" >&2; cat "${folder}/pixels"; exit ${code} ;;
  *-formats* | *-encoders*) exec "${real}" "$@" ;;
esac
`
    writeFileSync(join(folder, 'ffmpeg'), script)
    return decodeVideo(clip, options)
  }

  test('pictures and their times; other words are none of it', async () => {
    const words = ['deprecated pixel format used', '[flv @ 0x1f] more words']
    const { frames, shape, times, damage } = await decoded([...HEADER, stamp(0), ...words, stamp(1)], 2)
    expect([[...frames], shape, [...times], damage]).toEqual([
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
      [2, 1, 2, 3],
      [0, 0.04],
      undefined,
    ])
  })

  test.each([
    [[stamp(0), '[flv @ 0x1f] Error while decoding stream #0:0'], 'Error while decoding stream #0:0'],
    [[stamp(0), 'Decoding error: bad data', 'partial file'], 'Decoding error: bad data'],
    [[stamp(0), 'Error submitting packet'], 'Error submitting packet'],
    // A stream that is joined midway.
    [['error while decoding stream', stamp(0)], undefined],
    [['partial file', stamp(0)], 'partial file'],
    [['Packet is truncated', stamp(0)], 'Packet is truncated'],
    [['stream ended prematurely', stamp(0)], 'stream ended prematurely'],
  ])('%j: frames are lost or not', async (lines, damage) => {
    expect((await decoded([...HEADER, ...lines], 1)).damage).toBe(damage)
    const strict = decoded([...HEADER, ...lines], 1, { damaged: 'error' })
    if (damage === undefined) expect((await strict).shape[0]).toBe(1)
    else
      await expect(strict).rejects.toMatchObject({
        code: 'video.damaged',
        message: expect.stringContaining(`is damaged or cut short: 1 frames, then ${damage}`),
      })
  })

  test('pictures of other sizes midway, none, or a failure are errors', async () => {
    await expect(decoded([...HEADER, stamp(0), stamp(1)], 1)).rejects.toThrow(/changes its size midway/)
    await expect(decoded([...HEADER, 'moov atom not found'], 0)).rejects.toThrow(
      /broken or not a video: moov atom/,
    )
    await expect(decoded(HEADER, 0, { start: 3 })).rejects.toThrow(/no frame lies between 3 and the end s/)
    await expect(decoded(HEADER, 0, { end: 2 })).rejects.toThrow(/no frame lies between 0 and 2 s/)
    await expect(decoded([...HEADER, 'no such filter'], 0, { code: 1 })).rejects.toThrow(
      /not a video: no such filter/,
    )
    await expect(decoded([...HEADER, stamp(0)], 1, { code: 1 })).rejects.toMatchObject({
      code: 'video.broken',
    })
    await expect(decoded(HEADER, 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    })
  })
})

describe('times of frames', () => {
  test('are in order, of those that are shown', async () => {
    expect([...(await frameTimes(pretend('', PACKETS)))]).toEqual([0, 0.5])
    const signed =
      '#tb 0: 2/3\n0,  -3,  -3, 1, 1, 0x1, F=0x0\n0, 3, 3, 1, 1, 0x1, F=0xB\n1, 9, 9, 1, 1, 0x1\n'
    expect([...(await frameTimes(pretend('', signed)))]).toEqual([-2, 2])
  })

  test.each(['', '0, 1, 1, 1, 1, 0x1\n', '#tb 0: 1/9\n', '#tb 0: 1/9\n0, 1, 1, 1, 1, 0x1, F=0xC\n'])(
    'where there are none the file is broken: %j',
    async packets => {
      await expect(frameTimes(pretend('', packets))).rejects.toMatchObject({ code: 'video.broken' })
    },
  )
})

describe('a program that is run to its end', () => {
  const run = (script: string, signal?: AbortSignal) => execute('a.mp4', '/bin/sh', ['-c', script], signal)

  test('gives what it said, either way, and its code', async () => {
    const { code, stdout, stderr } = await run('echo one; echo two >&2; echo three; exit 3')
    expect([code, String(stdout), stderr]).toEqual([3, 'one\nthree\n', 'two\n'])
    expect(await run('kill -9 $$')).toMatchObject({ code: 1 })
  })

  test('that is not there says so', async () => {
    const { code, stderr } = await execute('a.mp4', '/nowhere/ffmpeg', [])
    expect([code, stderr]).toEqual([1, expect.stringContaining('ENOENT')])
  })

  test('ends when it is told to', async () => {
    const folder = temporaryFolder()
    await expect(run(`touch ${folder}/begun`, AbortSignal.abort())).rejects.toMatchObject({
      code: 'interrupted',
    })
    const began = Date.now()
    const waiting = run(`echo begun; exec sleep 20`, AbortSignal.timeout(100))
    await expect(waiting).rejects.toMatchObject({ code: 'interrupted' })
    expect(Date.now() - began).toBeLessThan(10_000)
  })

  test('leaves nothing at the signal', async () => {
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    const added = vi.spyOn(signal, 'addEventListener')
    await run('true', signal)
    expect(removed.mock.calls.map(([, listener]) => listener)).toContain(added.mock.calls[0][1])
  })
})

test('files are hashed whole, however large; one that has changed again', async () => {
  const path = join(temporaryFolder(), 'a.bin')
  const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  for (const size of [0, 5, 16 * 2 ** 20 + 3]) {
    const bytes = new Uint8Array(size).fill(7)
    writeFileSync(path, bytes)
    expect(await contentHash(path)).toBe(sha(bytes))
    expect(await contentHash(path)).toBe(sha(bytes))
  }
  await expect(contentHash(join(path, 'none'))).rejects.toThrow('ENOTDIR')
})

// By Linux's own count of what it computes.
test.runIf(process.platform === 'linux')(
  'a decoder that does nothing hangs; one that computes, or is stopped, does not',
  async () => {
    const scripts = ['exec sleep 60', 'while :; do :; done', 'kill -STOP $$']
    const watched = scripts.map(script => {
      const child = spawn('/bin/sh', ['-c', script], { stdio: 'ignore' })
      return { child, watchdog: new Watchdog({ pid: () => child.pid, onStall: () => undefined, tick: 50 }) }
    })
    const hung = () => watched.map(({ watchdog }) => watchdog.hung)
    await vi.waitFor(() => expect(hung()[0]).toBe(true), { timeout: 30_000 })
    expect(hung()).toEqual([true, false, false])
    for (const { child, watchdog } of watched) {
      watchdog.stop()
      child.kill('SIGKILL')
    }
  },
)
