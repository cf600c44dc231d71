import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from './workplace.ts'

const MEBIBYTE = 2 ** 20
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

interface Packed {
  readonly size: number
  readonly files: readonly { readonly path: string; readonly mode: number }[]
}

describe('the package', () => {
  let packed: Packed

  beforeAll(() => {
    // Through a shell, as npm is a script on some systems.
    const output = execFileSync('npm pack --dry-run --json --ignore-scripts', {
      cwd: ROOT,
      encoding: 'utf8',
      shell: '/bin/sh',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    packed = JSON.parse(output)[0] ?? Object.values(JSON.parse(output))[0]
  })

  const paths = () => packed.files.map(file => file.path)

  test('every export is built from a source file, with types beside it', () => {
    for (const [name, targets] of Object.entries<Record<string, string>>(manifest.exports)) {
      const source = targets.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
      expect(existsSync(join(ROOT, source)), `${name}: ${source}`).toBe(true)
      expect(targets.types).toBe(targets.default.replace(/\.js$/, '.d.ts'))
    }
  })

  test('it carries the command, the set-up, a model and clips to try, and the licence', () => {
    for (const path of [
      'bin/layergym.mjs',
      'scripts/setup.mjs',
      'web/index.html',
      'web/app.js',
      'scripts/setup/native/quiet.cc',
      'scripts/setup/native/kernels.h',
      'python/layergym/env.py',
      'python/pyproject.toml',
      'models/mobilenet_v2_035_224_tm/model.json',
      'models/README.md',
      'data/grid_command/labels.csv',
      'data/grid_command/README.md',
      'LICENSE',
      'NOTICE',
      'SECURITY.md',
      'README.md',
    ])
      expect(paths()).toContain(path)
    expect(paths().filter(path => path.endsWith('.mp4')).length).toBeGreaterThan(200)
  })

  test('it leaves sources, tests and runs at home, and stays below 32 MiB', () => {
    expect(paths().filter(path => /^(src|test|bench|runs|reports|node_modules)\//.test(path))).toEqual([])
    expect(packed.size).toBeLessThan(32 * MEBIBYTE)
  })

  test('one that was packed without its build says so, and not that dependencies are missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'layergym-unbuilt-'))
    cpSync(join(ROOT, 'bin'), join(folder, 'bin'), { recursive: true })
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'bin', 'layergym.mjs'), 'list'], {
      encoding: 'utf8',
    })
    rmSync(folder, { recursive: true })
    expect(status).toBe(1)
    expect(stderr).toMatch(/packed without its build/)
  })

  test('the command can be run', () => {
    for (const path of Object.values<string>(manifest.bin))
      expect(statSync(join(ROOT, path)).mode & 0o111, path).not.toBe(0)
  })
})
