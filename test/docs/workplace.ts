import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
// @ts-expect-error scripts run before anything is installed, so they are JavaScript without types
import { builtFolder } from '../../scripts/built.mjs'
import { defaultCacheDir } from '../../src/common/cache-dir.ts'
import { encodePng } from '../../src/data/png-encoder.ts'

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/**
 * What stands in for a reader's own folder. Every name that a block mentions is a real thing there:
 *
 * | in the docs | in the folder |
 * | --- | --- |
 * | `models/…` | the models that ship |
 * | `data/grid_command` | the clips that ship, 10 train and 3 test a class |
 * | `data/…` else | what ships, whole |
 * | `path/to/tfjs-model` | models/mobilenet_v2_035_224_tm |
 * | `path/to/clips` | a folder of class folders with 6 of those clips each |
 * | `path/to/clip.mp4` | one of them |
 * | `path/to/masks` | 12 pictures with masks of two classes |
 * | `path/to/recordings` | 12 of the clips that ship, with segments.csv |
 * | `path/to/sequences` | class folders of CSV files with 42 numbers a row |
 * | `path/to/sequence-model` | models/gru_tiny |
 * | `clips/labels.csv` | a manifest of them all with a column `recording` |
 * | `import … from 'layergym'` | the build that bin/layergym.mjs runs, as a package with the types of src |
 *
 * `npx layergym` runs bin/layergym.mjs; to `fine-tune`, `learn-policy`, `study` and `tabulate` it appends flags that make them short (the last of a
 * repeated flag wins), and agents learn for 4,000 steps at most. Decoded clips go to a cache of the folder's own, in which the
 * kernels that set-up has compiled lie too.
 */
export async function setUpWorkplace(): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'layergym-docs-')))
  installPackages(folder, await builtFolder())
  symlinkSync(join(ROOT, 'models'), join(folder, 'models'))
  linkKernels(join(folder, '.cache', 'layergym'))
  layOutClips(folder)
  for (const name of readdirSync(join(ROOT, 'data')))
    if (name !== 'grid_command') symlinkSync(join(ROOT, 'data', name), join(folder, 'data', name))
  layOutMasks(folder)
  layOutRecordings(folder)
  layOutSequences(folder)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), include: ['*.ts'] }),
  )
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin', 'npx'), npx(), { mode: 0o755 })
  return folder
}

function linkKernels(cache: string): void {
  mkdirSync(cache, { recursive: true })
  if (!existsSync(defaultCacheDir())) return
  for (const name of readdirSync(defaultCacheDir()).filter(entry => entry.startsWith('kernels-')))
    symlinkSync(join(defaultCacheDir(), name), join(cache, name))
}

const SHORT =
  '--frames 2 --batch-size 4 --episodes 1 --budget-steps 2 --baseline-seeds 1 --baseline-rates 1 --baselines none'

const FEW_STEPS = `--settings '{"frames":1,"budgetSteps":3,"roundSteps":2,"batchSize":4}'`

function npx(): string {
  const run = `"${process.execPath}" "${join(ROOT, 'bin', 'layergym.mjs')}" "$@"`
  return [
    '#!/bin/sh',
    '[ "$1" = layergym ] || { echo "npx $1: the test knows layergym alone" >&2; exit 127; }',
    'shift',
    'pixels="--size 32"',
    'case "$*" in *sequence-model*) pixels=;; esac',
    `if [ "$1" = fine-tune ]; then exec ${run} ${SHORT} $pixels; fi`,
    `if [ "$1" = learn-policy ]; then exec ${run} --episodes 2 ${FEW_STEPS}; fi`,
    `if [ "$1" = study ]; then exec ${run} --seeds 1 ${FEW_STEPS}; fi`,
    `if [ "$1" = tabulate ]; then exec ${run} --budget-steps 4 --depth 2; fi`,
    `case "$*" in *"--steps "?0000*) exec ${run} --steps 4000;; esac`,
    `exec ${run}`,
    '',
  ].join('\n')
}

/** The dependencies, and layergym itself, as they would lie in a project of one's own. */
function installPackages(folder: string, built: string): void {
  const modules = join(folder, 'node_modules')
  mkdirSync(join(modules, 'layergym'), { recursive: true })
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  symlinkSync(join(ROOT, 'src'), join(modules, 'layergym', 'src'))
  symlinkSync(built, join(modules, 'layergym', 'dist'))
  const entry = (name: string) => ({ types: `./src/${name}.ts`, default: `./dist/${name}.js` })
  const exports = { '.': entry('index'), './agents': entry('agents'), './testing': entry('testing') }
  writeFileSync(
    join(modules, 'layergym', 'package.json'),
    JSON.stringify({ name: 'layergym', version: '0.0.0', type: 'module', exports }),
  )
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'reader', type: 'module' }))
}

function layOutClips(folder: string): void {
  const source = join(ROOT, 'data', 'grid_command')
  const [header, ...rows] = readFileSync(join(source, 'labels.csv'), 'utf8').trim().split('\n')
  const seen = new Map<string, number>()
  const kept = rows.filter(row => {
    const [, label, split] = row.split(',')
    const count = (seen.get(`${label} ${split}`) ?? 0) + 1
    seen.set(`${label} ${split}`, count)
    return count <= (split === 'train' ? 10 : 3)
  })
  const shipped = join(folder, 'data', 'grid_command')
  mkdirSync(shipped, { recursive: true })
  writeFileSync(join(shipped, 'labels.csv'), `${[header, ...kept].join('\n')}\n`)

  const manifest = ['path,label,recording']
  for (const row of kept) {
    const [path, label, split, , , recording] = row.split(',')
    const places = [join(shipped, path), join(folder, path)]
    if (split === 'train' && (seen.get(label) ?? 0) < 6) {
      seen.set(label, (seen.get(label) ?? 0) + 1)
      places.push(join(folder, 'path', 'to', path))
    }
    for (const place of places) {
      mkdirSync(dirname(place), { recursive: true })
      symlinkSync(join(source, path), place)
    }
    manifest.push(`${path.slice('clips/'.length)},${label},${recording}`)
  }
  writeFileSync(join(folder, 'clips', 'labels.csv'), `${manifest.join('\n')}\n`)
  symlinkSync(join(source, kept[0].split(',')[0]), join(folder, 'path', 'to', 'clip.mp4'))
  symlinkSync(join(ROOT, 'models', 'mobilenet_v2_035_224_tm'), join(folder, 'path', 'to', 'tfjs-model'))
}

/** Dark on the left and bright on the right, or the other way round. */
function layOutMasks(folder: string): void {
  const place = join(folder, 'path', 'to', 'masks')
  const rows = ['path,mask,split']
  const side = 64
  mkdirSync(place, { recursive: true })
  for (let i = 0; i < 12; i++) {
    const bright = (x: number) => Number(x < side / 2 === (i % 2 === 0))
    const grey = Uint8Array.from({ length: side * side }, (_, at) => 60 + 120 * bright(at % side) + (at % 7))
    const mask = Uint8Array.from({ length: side * side }, (_, at) => bright(at % side))
    writeFileSync(join(place, `${i}.png`), encodePng(grey, [side, side, 1]))
    writeFileSync(join(place, `${i}-mask.png`), encodePng(mask, [side, side, 1]))
    rows.push(`${i}.png,${i}-mask.png,${i < 9 ? 'train' : 'test'}`)
  }
  writeFileSync(join(place, 'labels.csv'), `${rows.join('\n')}\n`)
  writeFileSync(join(place, 'classes.csv'), 'name,index\ndark,0\nbright,1\n')
}

/** The first word of each clip, and the rest of it. */
function layOutRecordings(folder: string): void {
  const place = join(folder, 'path', 'to', 'recordings')
  mkdirSync(place, { recursive: true })
  const source = join(ROOT, 'data', 'grid_command')
  const [, ...rows] = readFileSync(join(source, 'labels.csv'), 'utf8').trim().split('\n')
  const segments = ['path,start,end,label']
  for (const row of rows.slice(0, 12)) {
    const [path] = row.split(',')
    const until = Number(row.split(',').at(-1)) / 25
    symlinkSync(join(source, path), join(place, basename(path)))
    segments.push(`${basename(path)},0,${until},command`, `${basename(path)},${until},1.28,rest`)
  }
  writeFileSync(join(place, 'segments.csv'), `${segments.join('\n')}\n`)
}

/** Rows that rise, and rows that fall. */
function layOutSequences(folder: string): void {
  const place = join(folder, 'path', 'to', 'sequences')
  for (const [sign, name] of ['fall', 'rise'].entries()) {
    mkdirSync(join(place, name), { recursive: true })
    for (let i = 0; i < 8; i++) {
      const row = (t: number) =>
        Array.from({ length: 42 }, (_, j) => (2 * sign - 1) * t * 0.1 + ((i + j) % 5) * 0.1)
      const header = Array.from({ length: 42 }, (_, j) => `x${j}`)
      const lines = Array.from({ length: 16 }, (_, t) => row(t).map(value => value.toFixed(2)))
      writeFileSync(
        join(place, name, `${i}.csv`),
        `${[header, ...lines].map(cells => cells.join(',')).join('\n')}\n`,
      )
    }
  }
  symlinkSync(join(ROOT, 'models', 'gru_tiny'), join(folder, 'path', 'to', 'sequence-model'))
}

/** Runs a program in the folder; its output only when it fails, as the error. */
export async function runIn(folder: string, program: string, args: readonly string[]): Promise<string> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$)/.test(name))
  const child = spawn(program, args, {
    cwd: folder,
    env: {
      ...Object.fromEntries(inherited),
      PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
      XDG_CACHE_HOME: join(folder, '.cache'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', data => {
    output += data
  })
  child.stderr.on('data', data => {
    output += data
  })
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')}\nexit code ${code}\n${output}`)
  return output
}

/** Names of package.json's scripts. */
export function packageScripts(): ReadonlySet<string> {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return new Set(Object.keys(scripts))
}

/** True where bench/ has something that `npm run bench -- NAME` would run. */
export function hasBench(name: string): boolean {
  const folder = join(ROOT, 'bench')
  return existsSync(folder) && readdirSync(folder).some(file => file.endsWith('.ts') && file.includes(name))
}
