import { execFile } from 'node:child_process'
import { access, chmod, constants } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { failure, messageOf } from '../common/error.ts'

export interface Codec {
  readonly path: string
  /** As the program names it, e.g. `7.0.2` or `N-47683-g0e8eb07980-static`. */
  readonly version: string
  readonly source: 'PATH' | 'bundled'
}

export interface Codecs {
  /** `syncOption` is what this version calls the choice between constant and variable frame rate. */
  readonly ffmpeg: Codec & { readonly syncOption: '-vsync' | '-fps_mode' }
  readonly ffprobe: Codec
}

const BUNDLED = { ffmpeg: '@ffmpeg-installer/ffmpeg', ffprobe: '@ffprobe-installer/ffprobe' } as const

/** Found once for each value of PATH: starting ffmpeg to ask its version is not free. */
const found = new Map<string, Promise<Codecs>>()

/**
 * The ffmpeg and ffprobe that decode: those on the PATH first, since the bundled builds are old, else the bundled.
 * @throws LayergymError `codecs.missing` when neither runs.
 */
export function findCodecs(): Promise<Codecs> {
  const path = process.env.PATH ?? ''
  let codecs = found.get(path)
  if (codecs === undefined) {
    codecs = findOnce(path)
    found.set(path, codecs)
    codecs.catch(() => found.delete(path)) // what was missing may be installed by the next call
  }
  return codecs
}

async function findOnce(path: string): Promise<Codecs> {
  const [ffmpeg, ffprobe] = await Promise.all([find('ffmpeg', path), find('ffprobe', path)])
  return {
    ffmpeg: { ...ffmpeg.codec, syncOption: syncOption(ffmpeg.banner) },
    ffprobe: ffprobe.codec,
  }
}

async function find(name: keyof typeof BUNDLED, path: string): Promise<{ codec: Codec; banner: string }> {
  const problems: string[] = []
  for (const source of ['PATH', 'bundled'] as const) {
    try {
      const candidate = source === 'PATH' ? await onPath(name, path) : await bundled(name)
      const { stdout } = await promisify(execFile)(candidate, ['-version'], { timeout: 30_000 })
      const version = /version (\S+)/.exec(stdout)?.[1]
      if (version === undefined) throw new Error(`${candidate} -version does not name a version`)
      return { codec: { path: candidate, version, source }, banner: stdout }
    } catch (error) {
      problems.push(messageOf(error).trim())
    }
  }
  throw failure(
    'codecs.missing',
    `no ${name} runs here: ${problems.join('; ')}. Install ffmpeg (with ffprobe) on the PATH, or let npm install ${BUNDLED[name]}`,
  )
}

async function onPath(name: string, path: string): Promise<string> {
  const names = process.platform === 'win32' ? [`${name}.exe`, name] : [name]
  for (const folder of path.split(delimiter).filter(part => part !== ''))
    for (const file of names) {
      const candidate = join(folder, file)
      if (await isExecutable(candidate)) return candidate
    }
  throw new Error(`${name} is not on the PATH`)
}

async function bundled(name: keyof typeof BUNDLED): Promise<string> {
  const installer: unknown = createRequire(import.meta.url)(BUNDLED[name])
  const path = (installer as { path: string }).path
  // Under npm's ignore-scripts the ffprobe binary arrives without its run bit.
  if (!(await isExecutable(path))) await chmod(path, 0o755)
  return path
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** `-fps_mode` came with ffmpeg 5.1 (libavutil 57.28), where `-vsync` began to be phased out. */
function syncOption(banner: string): '-vsync' | '-fps_mode' {
  const [, major, minor] = /libavutil\s+(\d+)\.\s*(\d+)/.exec(banner) ?? []
  return Number(major) > 57 || (Number(major) === 57 && Number(minor) >= 28) ? '-fps_mode' : '-vsync'
}
