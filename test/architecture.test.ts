import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..')

/** A room may import from itself and from those listed. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  common: [],
  data: ['common'],
  models: ['common', 'data'],
  envs: ['common', 'data', 'models'],
  agents: ['common', 'data', 'models', 'envs'],
  runner: ['common', 'data', 'models', 'envs', 'agents'],
  cli: ['common', 'data', 'models', 'envs', 'agents', 'runner'],
}

/** A room of the runner may import from itself and from those listed. */
const RUNNER_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  report: [],
  inference: [],
  plugins: [],
  play: [],
  runs: ['play'],
  workers: ['play', 'plugins', 'runs', 'report'],
  instances: ['play', 'plugins', 'runs', 'inference'],
  jobs: ['instances', 'play', 'plugins', 'runs', 'inference', 'report', 'workers'],
  dashboard: ['jobs', 'play', 'runs', 'report'],
  code: ['jobs', 'instances', 'play', 'plugins', 'runs', 'report'],
  serve: [],
}

/** A kind of job may be made of another: a benchmark is training runs. The table of kinds names them all. */
const JOB_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  benchmark: ['train'],
  'kinds.ts': ['fine-tune', 'train', 'learn-policy', 'study', 'tabulate', 'benchmark'],
  'unit-process.ts': ['kinds.ts'],
}

/** Packages that few files may import, so that they can be replaced. */
const IMPORTERS: Readonly<Record<string, readonly string[]>> = {
  inversify: ['src/runner/plugins/container.ts'],
  'fluent-ffmpeg': ['src/data/video.ts', 'src/data/video-writer.ts'],
}

/** Static, re-exporting and dynamic imports. */
const IMPORT =
  /^\s*(?:import|export)\b(?:[^'"]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm

describe('architecture', () => {
  const sources = filesBelow('src', '.ts')

  test('imports point one way: common, data, models ← envs ← agents ← runner ← cli', () => {
    const wrong = sources.flatMap(file => {
      const room = roomOf(file)
      const allowed = room === undefined ? undefined : MAY_IMPORT[room]
      if (allowed === undefined) return []
      return targetsOf(file)
        .filter(target => roomOf(target) !== room && !allowed.includes(roomOf(target) ?? ''))
        .map(target => `${file} imports ${target}`)
    })
    expect(wrong).toEqual([])
  })

  test('inside the runner too: report, inference, plugins, play, runs ← workers, instances ← jobs ← dashboard, code', () => {
    const wrong = sources
      .filter(file => roomOf(file) === 'runner')
      .flatMap(file => {
        const room = runnerRoomOf(file)
        const allowed = RUNNER_MAY_IMPORT[room]
        if (allowed === undefined) return [`${file} is in no room of the runner`]
        return targetsOf(file)
          .filter(target => roomOf(target) === 'runner')
          .filter(target => runnerRoomOf(target) !== room && !allowed.includes(runnerRoomOf(target)))
          .map(target => `${file} imports ${target}`)
      })
    expect(wrong).toEqual([])
  })

  test('a kind of job knows no other', () => {
    const kindOf = (file: string) => file.split(sep)[3]
    const isJob = (file: string) => roomOf(file) === 'runner' && runnerRoomOf(file) === 'jobs'
    const wrong = sources.filter(isJob).flatMap(file =>
      targetsOf(file)
        .filter(isJob)
        .filter(target => ![kindOf(file), ...(JOB_MAY_IMPORT[kindOf(file)] ?? [])].includes(kindOf(target)))
        .map(target => `${file} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  test('no file imports itself by way of others, types included', () => {
    const circles: string[] = []
    const finished = new Set<string>()
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      if (finished.has(file) || path.includes(file)) return
      for (const target of targetsOf(file)) visit(target, [...path, file])
      finished.add(file)
    }
    for (const file of sources) visit(file, [])
    expect(circles).toEqual([])
  })

  test.each(Object.entries(IMPORTERS))('%s is imported by %s alone', (dependency, importers) => {
    const others = sources
      .filter(file => importsOf(file).some(name => name === dependency || name.startsWith(`${dependency}/`)))
      .filter(file => !importers.includes(file))
    expect(others).toEqual([])
  })

  test('time and randomness come in as arguments below src/cli', () => {
    const wrong = sources
      .filter(file => roomOf(file) !== 'cli')
      .filter(file =>
        /\bMath\.random\b|\bDate\.now\b|\bnew Date(?:\(\s*\)|(?!\())/.test(withoutComments(read(file))),
      )
    expect(wrong).toEqual([])
  })

  test('the command line starts without TensorFlow: what a command needs is imported when it runs', () => {
    const reached = new Set<string>()
    const visit = (file: string): void => {
      if (reached.has(file)) return
      reached.add(file)
      for (const name of startImportsOf(file).filter(target => target.startsWith('.')))
        visit(relative(ROOT, join(ROOT, dirname(file), name)))
    }
    visit(join('src', 'cli', 'main.ts'))
    expect(reached.size).toBeGreaterThan(30)
    expect(
      [...reached].filter(file => startImportsOf(file).some(name => name.startsWith('@tensorflow/'))),
    ).toEqual([])
  })

  test('no file is longer than 300 lines', () => {
    const code = ['src', 'test', 'bench', 'scripts', 'bin', 'web'].flatMap(folder =>
      ['.ts', '.mjs', '.js', '.css'].flatMap(extension => filesBelow(folder, extension)),
    )
    expect(code.length).toBeGreaterThan(10)
    const long = code.map(file => `${file}: ${read(file).trimEnd().split('\n').length}`)
    expect(long.filter(line => Number(line.split(': ')[1]) > 300)).toEqual([])
  })

  test('no data set that ships is named in src', () => {
    const names = readdirSync(join(ROOT, 'data'))
    expect(names.length).toBeGreaterThan(0)
    expect(sources.filter(file => names.some(name => new RegExp(`\\b${name}\\b`).test(read(file))))).toEqual(
      [],
    )
  })
})

function filesBelow(folder: string, extension: string): string[] {
  const path = join(ROOT, folder)
  if (!existsSync(path)) return []
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith(extension))
    .map(name => join(folder, name))
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

function importsOf(file: string): string[] {
  return [...withoutComments(read(file)).matchAll(IMPORT)].map(match => match[1] ?? match[2])
}

/** Files of src that a file imports. */
function targetsOf(file: string): string[] {
  return importsOf(file)
    .filter(name => name.startsWith('.'))
    .map(name => relative(ROOT, join(ROOT, dirname(file), name)))
    .filter(target => target.startsWith(`src${sep}`))
}

/** Of the imports, those that are made when the file is loaded: no types, none that a function makes. */
function startImportsOf(file: string): string[] {
  const code = withoutComments(read(file)).replace(/^\s*(?:import|export) type\b[^'"]*['"][^'"]+['"]/gm, '')
  return [...code.matchAll(IMPORT)].flatMap(match => match[1] ?? [])
}

function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
}

function roomOf(file: string): string | undefined {
  const parts = file.split(sep)
  return parts.length > 2 ? parts[1] : undefined
}

function runnerRoomOf(file: string): string {
  const parts = file.split(sep)
  return parts.length > 3 ? parts[2] : ''
}
