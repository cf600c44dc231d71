import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { adviseOnCodec, findCodecs } from '../../src/data/codecs.ts'
import { ffmpegOptions } from '../../src/data/decode-options.ts'
import { execute } from '../../src/data/execute.ts'
import { openInput } from '../../src/data/media-file.ts'
import { decodeVideo } from '../../src/data/video.ts'
import { videoFrames } from '../../src/data/video-frames.ts'
import type * as watchdog from '../../src/data/watchdog.ts'
import { shippedClips, temporaryFolder } from './fixtures.ts'

/** Watchdogs that look at nothing: the test says when a decoder hangs. */
const dogs = vi.hoisted(
  () =>
    [] as {
      hung: boolean
      stopped: boolean
      options: { pid: () => number | undefined; onStall: () => void }
    }[],
)
vi.mock('../../src/data/watchdog.ts', async importOriginal => ({
  ...(await importOriginal<typeof watchdog>()),
  Watchdog: class {
    hung = false
    stopped = false
    constructor(readonly options: (typeof dogs)[number]['options']) {
      dogs.push(this)
    }
    progress() {}
    pause() {}
    stop() {
      this.stopped = true
    }
  },
}))
const real = (await findCodecs()).ffmpeg.path
afterEach(() => {
  vi.unstubAllEnvs()
  dogs.length = 0
})

/** A decoder that says its version and formats, and hangs over everything else. */
function hanging(): string {
  const folder = temporaryFolder()
  const script = `case "$*" in
  *-version* | *-formats* | *-encoders*) exec "${real}" "$@" ;;
  *) exec sleep 60 ;;
esac`
  writeFileSync(join(folder, 'ffmpeg'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'ffmpeg'), 0o755)
  vi.stubEnv('PATH', `${folder}:/usr/bin:/bin`)
  return join(folder, 'ffmpeg')
}

const [clip] = shippedClips(1)
const frames = { size: [8, 8], fit: 'crop', channels: 1, frameRate: 5 } as const

test.each<[string, number, (program: string) => Promise<unknown>]>([
  ['that decodes', 2, () => decodeVideo(clip)],
  ['that is asked', 2, program => execute(clip, program, ['-i', clip])],
  ['that gives frame after frame', 1, () => videoFrames(clip, frames).next()],
])(
  'a decoder %s and hangs is ended, tried as often as is said, and then a failure',
  async (_name, times, work) => {
    const working = work(hanging())
    working.catch(() => undefined)
    for (let i = 0; i < times; i++) {
      // There is one, and its process runs.
      await vi.waitFor(() => expect(dogs[i]?.options.pid()).toBeGreaterThan(0), {
        timeout: 20_000,
        interval: 5,
      })
      dogs[i].hung = true
      dogs[i].options.onStall()
    }
    await expect(working).rejects.toMatchObject({ code: 'decoder.stalled', kind: 'failure' })
    expect(dogs.map(({ stopped }) => stopped)).toEqual(Array(times).fill(true))
  },
)

test('an old decoder is advised against, by its year', () => {
  const advice = (year?: number) => adviseOnCodec({ version: '4.0', source: 'bundled', year })
  expect([advice(), advice(2024), advice(2026)]).toEqual([undefined, undefined, undefined])
  expect(advice(2023)).toMatch(
    /^The ffmpeg that runs \(4\.0, bundled\) is of 2023: put a current one on the PATH/,
  )
})

test('what a decoder is told: times and pixels by one rule', async () => {
  const source = await openInput(clip)
  const codecs = await findCodecs()
  const told = (of: Parameters<typeof ffmpegOptions>[1]) => {
    const { input, output } = ffmpegOptions(source, of, codecs)
    return { input: input.slice(3 + source.options.length), output: output.join(' ') }
  }
  const sync = codecs.ffmpeg.syncOption
  const crc = '-c:v wrapped_avframe -flush_packets 1 -f framecrc pipe:2'
  expect(told({})).toEqual({
    input: [],
    output: `-map 0:V:0 ${sync} vfr ${crc} -map 0:V:0 ${sync} vfr -pix_fmt rgb24 -f rawvideo`,
  })
  const clock = '-enc_time_base 1:1000000'
  expect(told({ frameRate: 5, channels: 1, threads: 1 })).toEqual({
    input: ['-threads', '1'],
    output: `-map 0:V:0 ${sync} passthrough ${clock} ${crc} -map 0:V:0 ${sync} passthrough -pix_fmt gray -f rawvideo`,
  })
  const scale = 'scale=8:6:flags=bicubic'
  const late = told({ start: 25.5, end: 30, size: [6, 8], fit: 'stretch' })
  expect(late.input).toEqual(['-ss', '15'])
  expect(late.output).toContain('-vf trim=start=10.500000:end=15.000000 ')
  expect(late.output).toContain(`-vf trim=start=10.500000:end=15.000000,${scale} `)
  expect(told({ end: 3 }).output).toContain('-vf trim=end=3.000000 ')
  expect(told({ start: 19.9 })).toMatchObject({
    input: [],
    output: expect.stringContaining('trim=start=19.900000 '),
  })
  expect(told({ start: 20 }).input).toEqual(['-ss', '10'])
  const side = `${scale}:force_original_aspect_ratio`
  expect(told({ size: [6, 8] }).output).toContain(`-vf ${side}=increase,format=rgb24,crop=8:6 `)
  expect(told({ size: [6, 8], fit: 'letterbox', channels: 1 }).output).toContain(
    `-vf ${side}=decrease,format=gray,pad=8:6:(ow-iw)/2:(oh-ih)/2:black `,
  )
})
