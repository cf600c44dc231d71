// npm's part: node_modules as package-lock.json says, and programs inside packages that can be run.
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { findProgram, packageFolder, ROOT } from './places.mjs'
import { CannotSetUp, run, withProgress } from './work.mjs'

const HOUR = 3_600_000

/** Runs `npm ci` when node_modules is missing or isn't what the lock file says. */
export async function installDependencies() {
  const modules = join(ROOT, 'node_modules')
  const stamp = join(modules, '.layergym-setup')
  const wanted = fingerprint()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  if (!isInstalled(modules)) await npmCi()
  writeFileSync(stamp, wanted)
}

function fingerprint() {
  const lock = readFileSync(join(ROOT, 'package-lock.json'))
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}`
}

/** Someone may have run npm themselves: npm's own record of what it laid down, held against the lock file. */
function isInstalled(modules) {
  const record = join(modules, '.package-lock.json')
  if (!existsSync(record)) return false
  const { packages: wanted } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  const { packages: present } = JSON.parse(readFileSync(record, 'utf8'))
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true
    if (present[path] === undefined) return entry.optional === true || entry.devOptional === true
    return present[path].version === entry.version && existsSync(join(ROOT, path, 'package.json'))
  })
}

async function npmCi() {
  const npm = npmCommand()
  const { code, output } = await withProgress('installing dependencies (npm ci)', () =>
    run(npm.program, [...npm.args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: ROOT }),
  )
  if (code === 0) return
  throw new CannotSetUp(
    `npm ci failed, and nothing runs without the dependencies. npm said:\n${lastLines(output, 12)}`,
  )
}

/**
 * Lays down a package that those who want it install (package.json's peerDependencies): its own script would fetch
 * hundreds of megabytes from a place that many networks can't reach. Without scripts, and without a trace in the user's
 * manifest.
 * @returns {Promise<string>} its folder
 */
export async function installOptional(name) {
  const version = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).peerDependencies?.[name]
  const parent = ROOT.lastIndexOf(`${sep}node_modules${sep}`)
  if (parent < 0 || version === undefined)
    throw new CannotSetUp(`${name} is not installed (npm install --no-save --ignore-scripts ${name})`)
  const npm = npmCommand()
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { code, output } = await withProgress(`installing ${name}`, () =>
    run(npm.program, [...npm.args, 'install', ...flags, `${name}@${version}`], {
      cwd: ROOT.slice(0, parent),
    }),
  )
  const folder = packageFolder(name)
  if (code === 0 && folder !== undefined) return folder
  throw new CannotSetUp(`npm could not install ${name} (no network?): ${lastLines(output, 1)}`, {
    retryAfter: HOUR,
  })
}

/** The npm that runs this script, where one does; else the one on the PATH. */
function npmCommand() {
  const script = process.env.npm_execpath
  if (script?.endsWith('npm-cli.js') && existsSync(script))
    return { program: process.execPath, args: [script] }
  const beside = join(dirname(process.execPath), 'npm')
  const program = findProgram('npm') ?? (existsSync(beside) ? beside : undefined)
  if (program === undefined) throw new CannotSetUp('npm is not on the PATH: it comes with Node.js (>= 20)')
  return { program, args: [] }
}

/** Without install scripts the bundled ffmpeg can arrive without its run bit. */
export function makeCodecRunnable() {
  const folder = packageFolder(`@ffmpeg-installer/${process.platform}-${process.arch}`)
  const file = folder && join(folder, 'ffmpeg')
  if (!file || !existsSync(file) || (statSync(file).mode & 0o111) === 0o111) return
  try {
    chmodSync(file, 0o755)
  } catch {
    process.stderr.write(`set-up: can't make ${file} runnable: run chmod +x on it\n`)
  }
}

export function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n')
}
