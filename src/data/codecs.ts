import { execFile } from 'node:child_process'
import { access, chmod, constants } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { defaultCacheDir } from '../common/cache-dir.ts'
import { failure, messageOf } from '../common/error.ts'

export interface Codec {
  readonly path: string
  /** As the program names it, e.g. `7.0.2` or `N-47683-g0e8eb07980-static`. */
  readonly version: string
  /** Of its sources, as its banner says; undefined where it doesn't. */
  readonly year?: number
  readonly source: 'PATH' | 'set-up' | 'bundled'
}

export interface Codecs {
  /** `syncOption` is what this version calls the choice between constant and variable frame rate. */
  readonly ffmpeg: Codec & { readonly syncOption: '-vsync' | '-fps_mode' }
}

const BUNDLED = '@ffmpeg-installer/ffmpeg'

/** Found once for each value of PATH: starting ffmpeg to ask its version is not free. */
const found = new Map<string, Promise<Codecs>>()

/**
 * The ffmpeg that decodes: the one on the PATH, else the current one that the set-up fetched, else the bundled, which
 * is old.
 * @throws LayergymError `codecs.missing` when none runs.
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

/** Decoders before this have holes that are known and closed since. */
const CURRENT = 2024

/** What to do about an old decoder; undefined for a current one, and for one that doesn't say its year. */
export function adviseOnCodec({ version, source, year }: Omit<Codec, 'path'>): string | undefined {
  if (year === undefined || year >= CURRENT) return undefined
  return `The ffmpeg that runs (${version}, ${source}) is of ${year}: put a current one on the PATH, or let \`layergym setup --ffmpeg\` fetch one. Old decoders have known holes; read only files that you trust with it.`
}

async function findOnce(path: string): Promise<Codecs> {
  const problems: string[] = []
  const places = [
    ['PATH', () => onPath('ffmpeg', path)],
    ['set-up', fetched],
    ['bundled', bundled],
  ] as const
  for (const [source, find] of places) {
    try {
      return { ffmpeg: await codecAt(await find(), source) }
    } catch (error) {
      problems.push(messageOf(error).trim())
    }
  }
  throw failure(
    'codecs.missing',
    `no ffmpeg runs here: ${problems.join('; ')}. Install ffmpeg on the PATH, or let npm install ${BUNDLED}`,
  )
}

async function codecAt(path: string, source: Codec['source']): Promise<Codecs['ffmpeg']> {
  const { stdout } = await promisify(execFile)(path, ['-version'], { timeout: 30_000 })
  const version = /version (\S+)/.exec(stdout)?.[1]
  if (version === undefined) throw new Error(`${path} -version does not name a version`)
  const year = Number(/Copyright \(c\) (?:\d+-)?(\d{4})/.exec(stdout)?.[1]) || undefined
  return { path, version, year, source, syncOption: syncOption(stdout) }
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

/** Where scripts/setup/ffmpeg.mjs lays it. */
async function fetched(): Promise<string> {
  const path = join(defaultCacheDir(), 'ffmpeg', 'ffmpeg')
  if (await isExecutable(path)) return path
  throw new Error('the set-up has fetched none')
}

async function bundled(): Promise<string> {
  const installer: unknown = createRequire(import.meta.url)(BUNDLED)
  const path = (installer as { path: string }).path
  // Under npm's ignore-scripts a binary can arrive without its run bit.
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
