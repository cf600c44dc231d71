import { execFileSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './workplace.ts'

const CARRIED = ['bin', 'scripts', 'package.json', 'LICENSE', 'README.md']
const BUILT_FROM = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']
const KEPT = join(ROOT, 'node_modules', '.cache', 'layergym-packed')

/**
 * layergym's tarball, without models and clips, which no plugin's tests need: package.test.ts sees to them. Packed once
 * for what it is made of: building takes longer than most tests that need it.
 */
export function packedLayergym(): string {
  const key = hashOf([...CARRIED, ...BUILT_FROM])
  const tarball = join(KEPT, `${key}.tgz`)
  if (existsSync(tarball)) return tarball
  mkdirSync(KEPT, { recursive: true })
  const staged = join(KEPT, randomUUID())
  try {
    for (const name of CARRIED) cpSync(join(ROOT, name), join(staged, name), { recursive: true })
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    const args = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(staged, 'dist')]
    execFileSync(process.execPath, [tsc, ...args], { stdio: 'inherit' })
    const vendor = join(ROOT, 'scripts', 'vendor.mjs')
    execFileSync(process.execPath, [vendor, join(staged, 'dist')], { stdio: 'inherit' })
    const packed = pack(staged)
    for (const name of readdirSync(KEPT)) if (name.endsWith('.tgz')) rmSync(join(KEPT, name))
    renameSync(packed, tarball)
  } finally {
    rmSync(staged, { recursive: true, force: true })
  }
  return tarball
}

/** A package's tarball, beside its files. */
export function pack(source: string): string {
  // Through a shell, as npm is a script on some systems.
  const output = execFileSync('npm pack --json --ignore-scripts', {
    cwd: source,
    encoding: 'utf8',
    shell: '/bin/sh',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [packed] = Object.values<{ readonly filename: string }>(JSON.parse(output))
  return join(source, packed.filename)
}

/** Of the repository's files under these names: what they are called and what is in them. */
function hashOf(names: readonly string[]): string {
  const hash = createHash('sha256')
  for (const name of names) {
    const inside = statSync(join(ROOT, name)).isDirectory()
      ? readdirSync(join(ROOT, name), { recursive: true, encoding: 'utf8' }).sort()
      : ['']
    for (const path of inside.map(each => join(ROOT, name, each)).filter(each => statSync(each).isFile()))
      hash
        .update(`${path.slice(ROOT.length)}\0`)
        .update(readFileSync(path))
        .update('\0')
  }
  return hash.digest('hex')
}
