// TensorFlow's libraries and headers, taken out of its Python wheels into the cache that checkouts share.
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { lastLines } from './dependencies.mjs'
import { cacheFolder, findProgram } from './places.mjs'
import { CPU_WHEELS, GPU_WHEELS, TENSORFLOW } from './wheels.mjs'
import { CannotSetUp, putInPlace, run, withProgress, withScratch } from './work.mjs'

const PYTHON_TO_UNPACK = `
import re, sys, zipfile
target, pattern, *wheels = sys.argv[1:]
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if re.match(pattern, member.filename) and not member.is_dir():
                archive.extract(member, target)
`

/** What the addon links and includes; CUDA's libraries for a GPU. Nothing else of the wheels is kept. */
const MEMBERS = [
  String.raw`tensorflow/libtensorflow_(cc|framework)\.so\.2$`,
  String.raw`tensorflow/include/tensorflow/c/[^/]+\.h$`,
  String.raw`tensorflow/include/tensorflow/c/eager/c_api\.h$`,
  String.raw`tensorflow/include/(tensorflow/core|tsl)/platform/ctstring[^/]*\.h$`,
  String.raw`tensorflow/include/xla/tsl/c/[^/]+\.h$`,
  'tensorflow/include/LICENSE$',
  String.raw`nvidia/[^/]+/lib/.+\.so`,
].join('|')

const COMPLETE = 'complete.json'
const HOUR = 3_600_000

/** @param {'cpu' | 'gpu'} kind */
export function librariesFolder(kind) {
  return join(cacheFolder(), 'engine', `tensorflow-${TENSORFLOW}-${kind}`)
}

/** A folder counts when every library in it has the size that was noted once all were in place. */
export function librariesComplete(folder) {
  try {
    const sizes = JSON.parse(readFileSync(join(folder, COMPLETE), 'utf8'))
    return Object.entries(sizes).every(([path, size]) => statSync(join(folder, path)).size === size)
  } catch {
    return false
  }
}

/**
 * The folder with `tensorflow/` (and for a GPU `nvidia/`), downloaded when the cache hasn't it.
 * @throws CannotSetUp when a tool, the network or the room on the disk is missing.
 */
export async function fetchLibraries(kind) {
  const folder = librariesFolder(kind)
  if (librariesComplete(folder)) {
    linkSolver(folder)
    return folder
  }
  const python = await findPython()
  const engines = join(cacheFolder(), 'engine')
  await withScratch(engines, async scratch => {
    await download(kind, python, scratch)
    await unpack(kind, python, scratch)
    putInPlace(join(scratch, 'unpacked'), folder, librariesComplete)
  })
  return folder
}

/** @returns {Promise<{ program: string, pip: string[] }>} python3, and how its pip is started */
export async function findPython() {
  const program = findProgram('python3', 'python')
  if (program === undefined)
    throw new CannotSetUp('python3 is not on the PATH (Debian, Ubuntu: apt install python3-pip)')
  const { code } = await run(program, ['-m', 'pip', '--version'], { timeout: 60_000 })
  if (code === 0) return { program, pip: [program, '-m', 'pip'] }
  const pip = findProgram('pip3', 'pip')
  if (pip === undefined)
    throw new CannotSetUp("python3's pip is missing (Debian, Ubuntu: apt install python3-pip)")
  return { program, pip: [pip] }
}

async function download(kind, python, scratch) {
  const wheels = kind === 'gpu' ? GPU_WHEELS : CPU_WHEELS
  const requirements = join(scratch, 'requirements.txt')
  // pip compares the hashes itself, and refuses what has none.
  writeFileSync(requirements, wheels.map(([name, hash]) => `${name} --hash=sha256:${hash}\n`).join(''))
  const platforms = ['2_27', '2_25', '2_18', '2_17', '2_12', '2_5'].map(tag => `manylinux_${tag}_x86_64`)
  const aliases = ['manylinux2014_x86_64', 'manylinux2010_x86_64', 'manylinux1_x86_64']
  const args = [
    'download',
    '--quiet',
    '--no-deps',
    '--require-hashes',
    '--only-binary=:all:',
    '--no-cache-dir',
  ]
  args.push('--disable-pip-version-check', '--no-input', '--retries', '2', '--timeout', '20')
  args.push('--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--abi', 'none')
  args.push(...[...platforms, ...aliases].flatMap(tag => ['--platform', tag]))
  args.push('--dest', scratch, '-r', requirements)
  const size = kind === 'gpu' ? 'with CUDA, about 3 GB' : '274 MB'
  const [program, ...prefix] = python.pip
  const { code, output } = await withProgress(
    `downloading TensorFlow ${TENSORFLOW} (${size})`,
    () => run(program, [...prefix, ...args], { env: { ...process.env, TMPDIR: scratch } }),
    () => `${Math.round(sizeOf(scratch) / 1e6)} MB`,
  )
  if (code === 0) return
  if (isFull(output)) throw noRoom(kind)
  throw new CannotSetUp(
    `TensorFlow could not be downloaded with pip (no network?): ${lastLines(output, 1)}`,
    {
      retryAfter: HOUR,
    },
  )
}

async function unpack(kind, python, scratch) {
  const wheels = readdirSync(scratch)
    .filter(name => name.endsWith('.whl'))
    .map(name => join(scratch, name))
  const target = join(scratch, 'unpacked')
  const { code, output } = await withProgress('unpacking TensorFlow', () =>
    run(python.program, ['-', target, MEMBERS, ...wheels], { input: PYTHON_TO_UNPACK }),
  )
  if (code !== 0) {
    if (isFull(output)) throw noRoom(kind)
    throw new CannotSetUp(`TensorFlow's wheel could not be unpacked: ${lastLines(output, 1)}`)
  }
  linkSolver(target)
  const libraries = readdirSync(target, { recursive: true }).filter(path => /\.so(\.|$)/.test(path))
  const sizes = Object.fromEntries(libraries.map(path => [path, statSync(join(target, path)).size]))
  writeFileSync(join(target, COMPLETE), JSON.stringify(sizes))
}

/**
 * CUDA's libraries are opened by libtensorflow_framework.so.2, whose run path names every folder of them but cuSOLVER's:
 * a link in one that it names, or TensorFlow leaves every GPU alone.
 */
export function linkSolver(folder) {
  const name = 'libcusolver.so.11'
  const link = join(folder, 'nvidia', 'cusparse', 'lib', name)
  if (!existsSync(join(folder, 'nvidia', 'cusolver', 'lib', name)) || existsSync(link)) return
  symlinkSync(join('..', '..', 'cusolver', 'lib', name), link)
}

function isFull(output) {
  return /ENOSPC|No space left|Errno 28|EDQUOT|quota/i.test(output)
}

function noRoom(kind) {
  const gigabytes = kind === 'gpu' ? 9 : 1.2
  return new CannotSetUp(
    `no space left in ${cacheFolder()}: the engine needs ${gigabytes} GB there while it is set up (XDG_CACHE_HOME moves it)`,
    { retryAfter: 0 },
  )
}

function sizeOf(folder) {
  let bytes = 0
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      bytes += entry.isDirectory() ? sizeOf(path) : statSync(path).size
    }
  } catch {} // pip moves its files while they are counted
  return bytes
}
