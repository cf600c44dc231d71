// `npm run release`: all of a release but publishing it: checks, build, package, and a look into the package.
// `--check` (npm's prepack, where scripts run): refuses to pack what has not been built since its sources changed.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './setup/places.mjs'

const DIST = join(ROOT, 'dist')
const ENTRIES = [
  'dist/cli/main.js',
  'dist/index.js',
  'dist/index.d.ts',
  'dist/agents.js',
  'dist/agents.d.ts',
  'dist/testing.js',
  'dist/testing.d.ts',
]
/** What a package can't do without, and what those who get it may ask for. */
const NEEDED = [
  ...ENTRIES,
  'bin/layergym.mjs',
  'scripts/setup.mjs',
  'README.md',
  'LICENSE',
  'NOTICE',
  'SECURITY.md',
]

if (process.argv.includes('--check')) checkBuild()
else release()

function release() {
  if (git('status', '--porcelain') !== '') refuse('the working tree has changes: commit them first')
  run('npx', 'tsc', '--noEmit')
  run('npm', 'run', 'lint')
  rmSync(DIST, { recursive: true, force: true })
  run('npm', 'run', 'build')
  checkBuild()
  const output = npm('pack', '--json', '--ignore-scripts')
  // Newer npm answers by name, older ones with a list.
  const [{ filename, files }] = Object.values(JSON.parse(output))
  const paths = new Set(files.map(({ path }) => path))
  const missing = NEEDED.filter(path => !paths.has(path))
  if (missing.length > 0) refuse(`${filename} lacks ${missing.join(', ')}`)
  run('npx', '--yes', 'publint', filename)
  run('npx', '--yes', '@arethetypeswrong/cli', filename, '--profile', 'esm-only')
  process.stdout.write(
    `${filename} is whole, of commit ${git('rev-parse', 'HEAD')}. To publish it: npm publish ${filename} --provenance\n`,
  )
}

function checkBuild() {
  const missing = ENTRIES.filter(path => !existsSync(join(ROOT, path)))
  if (missing.length > 0) refuse(`${missing[0]} is not built: npm run build`)
  const built = statSync(join(ROOT, ENTRIES[0])).mtimeMs
  const newer = readdirSync(join(ROOT, 'src'), { recursive: true })
    .filter(name => name.endsWith('.ts'))
    .find(name => statSync(join(ROOT, 'src', name)).mtimeMs > built && changesBuild(name))
  if (newer !== undefined) refuse(`src/${newer} is newer than the build: npm run build`)
}

/** Whether the build of a source is older than it. */
function changesBuild(name) {
  const output = join(DIST, name.replace(/\.ts$/, '.js'))
  return !existsSync(output) || statSync(output).mtimeMs < statSync(join(ROOT, 'src', name)).mtimeMs
}

function run(program, ...args) {
  execFileSync(program, args, { cwd: ROOT, stdio: 'inherit' })
}

function npm(...args) {
  return execFileSync('npm', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function git(...args) {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
}

function refuse(why) {
  process.stderr.write(`error: ${why}\n`)
  process.exit(1)
}
