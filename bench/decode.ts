/**
 * Decoding speed as a ratio to the ffmpeg command line on the same files, and what the cache saves in a second epoch.
 *   npx tsx bench/decode.ts [folder of a dataset]
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { median } from '../src/common/quantile.ts'
import { openClipCache } from '../src/data/clip-cache.ts'
import { findCodecs } from '../src/data/codecs.ts'
import { loadDataset } from '../src/data/load.ts'
import { openClipSource } from '../src/data/source.ts'
import { decodeVideo } from '../src/data/video.ts'

const ROUNDS = 5
const BATCH = 16
const FRAMES = 8
const SIZE = [128, 128] as const
/** Frames a second. */
const RATE = 25

const shipped = fileURLToPath(new URL('../data/', import.meta.url))
const folder = process.argv[2] ?? join(shipped, readdirSync(shipped)[0])
const { clips } = await loadDataset(folder)
const codecs = await findCodecs()
const concurrency = availableParallelism()
const sample = clips.filter((_, i) => i % Math.ceil(clips.length / 48) === 0)

await decodeVideo(sample[0].path) // starts what starts once
const ratios: number[] = []
const rates: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  let [command, ours, frames] = [0, 0, 0]
  // In turns, clip by clip, so that other load on the machine meets both.
  for (const { path } of sample) {
    command += await seconds(() => commandLine(path))
    ours += await seconds(async () => {
      frames += (await decodeVideo(path)).shape[0]
    })
  }
  ratios.push(command / ours)
  rates.push(frames / ours)
}

const dir = mkdtempSync(join(tmpdir(), 'layergym-bench-'))
try {
  const recipe = { dir, size: SIZE, channels: 3, fit: 'crop', frameRate: RATE } as const
  const cold = openClipCache(recipe)
  const prepareCold = await seconds(() => cold.prepare(clips, { concurrency }))
  const firstEpoch = prepareCold + (await seconds(() => epoch(cold)))
  const secondEpoch = await seconds(() => epoch(cold))
  const warm = openClipCache(recipe)
  const prepareWarm = await seconds(() => warm.prepare(clips, { concurrency }))
  const report = {
    bench: 'decode',
    folder,
    ffmpeg: codecs.ffmpeg.version,
    clips: clips.length,
    concurrency,
    framesPerSecond: median(rates),
    ratioToCommandLine: median(ratios),
    ratios,
    prepareColdSeconds: prepareCold,
    prepareWarmSeconds: prepareWarm,
    firstEpochSeconds: firstEpoch,
    secondEpochSeconds: secondEpoch,
    secondEpochSpeedup: firstEpoch / secondEpoch,
  }
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
} finally {
  rmSync(dir, { recursive: true, force: true })
}

/** The same work without us: decode the first video stream to RGB and pipe it out. */
async function commandLine(path: string): Promise<void> {
  const args = [
    '-nostdin',
    '-v',
    'error',
    '-i',
    path,
    '-map',
    '0:v:0',
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
    '-',
  ]
  await promisify(execFile)(codecs.ffmpeg.path, args, { encoding: 'buffer', maxBuffer: 2 ** 31 })
}

async function epoch(cache: ReturnType<typeof openClipCache>): Promise<void> {
  const source = openClipSource({ cache, frames: FRAMES })
  for (let i = 0; i < clips.length; i += BATCH) source.batch(clips.slice(i, i + BATCH), 'uniform')
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
