// A current ffmpeg for machines without one: taken, when asked for, out of the Python wheel that carries it.
import { chmodSync, existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastLines } from './dependencies.mjs'
import { findPython } from './libraries.mjs'
import { cacheFolder, findProgram } from './places.mjs'
import { FFMPEG_WHEEL, FFMPEG_WHEELS } from './wheels.mjs'
import { CannotSetUp, run, withProgress, withScratch } from './work.mjs'

const PYTHON_TO_UNPACK = `
import shutil, sys, zipfile
wheel, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    programs = [name for name in archive.namelist() if '/binaries/ffmpeg-' in name]
    with archive.open(programs[0]) as source, open(target, 'wb') as file:
        shutil.copyfileobj(source, file)
`

/** Where src/data/codecs.ts looks for it. */
const folder = () => join(cacheFolder(), 'ffmpeg')

/**
 * Lays a current ffmpeg (a GPL program) into the cache, unless the PATH has one or it is there.
 * @throws CannotSetUp when there is none for this machine, or python3, pip or the network is missing.
 */
export async function fetchFfmpeg() {
  const own = findProgram('ffmpeg')
  if (own !== undefined) return say(`ffmpeg is on the PATH (${own}) and is used`)
  const file = join(folder(), 'ffmpeg')
  if (existsSync(file)) return say(`ffmpeg is there (${file})`)
  const wheel = FFMPEG_WHEELS[`${process.platform}-${process.arch}`]
  if (wheel === undefined)
    throw new CannotSetUp(
      `there is no ffmpeg to fetch for ${process.platform} on ${process.arch}: install one on the PATH`,
    )
  const python = await findPython()
  await withScratch(folder(), async scratch => {
    await download(python, wheel, scratch)
    await unpack(python, scratch)
    renameSync(join(scratch, 'ffmpeg'), file)
  })
  say(`ffmpeg lies in ${file} (GPL, version 3; sources: ffmpeg.org)`)
}

async function download(python, [platform, hash], scratch) {
  const requirements = join(scratch, 'requirements.txt')
  writeFileSync(requirements, `${FFMPEG_WHEEL} --hash=sha256:${hash}\n`)
  const flags = ['--quiet', '--no-deps', '--require-hashes', '--only-binary=:all:', '--no-cache-dir']
  const patience = ['--disable-pip-version-check', '--no-input', '--retries', '2', '--timeout', '20']
  const what = ['--platform', platform, '--dest', scratch, '-r', requirements]
  const [program, ...prefix] = python.pip
  const { code, output } = await withProgress('downloading ffmpeg (40 to 60 MB)', () =>
    run(program, [...prefix, 'download', ...flags, ...patience, ...what], {
      env: { ...process.env, TMPDIR: scratch },
    }),
  )
  if (code !== 0)
    throw new CannotSetUp(`ffmpeg could not be downloaded with pip (no network?): ${lastLines(output, 1)}`)
}

async function unpack(python, scratch) {
  const wheel = readdirSync(scratch).find(name => name.endsWith('.whl'))
  const file = join(scratch, 'ffmpeg')
  const { code, output } = await run(python.program, ['-', join(scratch, wheel ?? ''), file], {
    input: PYTHON_TO_UNPACK,
  })
  if (code !== 0) throw new CannotSetUp(`ffmpeg could not be unpacked: ${lastLines(output, 1)}`)
  chmodSync(file, 0o755)
  const trial = await run(file, ['-version'], { timeout: 60_000 })
  if (trial.code !== 0)
    throw new CannotSetUp(`the ffmpeg that was fetched does not run: ${lastLines(trial.output, 1)}`)
}

function say(line) {
  process.stderr.write(`set-up: ${line}\n`)
}
