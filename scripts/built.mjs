// In a clone: the sources as JavaScript, made once for what they contain. Loading TypeScript anew costs every start more
// than all else that it does.
import { createHash, randomUUID } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT } from './setup/places.mjs'

/** What is built depends on how. */
const HERE = fileURLToPath(import.meta.url)

/** Of hundreds of files each, all of which a start reads: bundled into one. */
const LIBRARIES = ['inversify', 'rxjs', 'zod']
/** Their place in a build. */
const BUNDLED = 'libraries'

/** As deep as `src`, so that what is found from a module's own place is found from here too. */
const NAME = /^\.built-[\da-f]{16}$/
/** Older ones may be running still: a module that is needed late is read late. */
const KEPT = 3

/**
 * @param {string} root the clone
 * @returns {Promise<string>} the folder that has `cli/main.js` and the rest of `src`
 * @throws where TypeScript isn't installed, or the clone can't be written
 */
export async function builtFolder(root = ROOT) {
  const made = {
    digests: sourceDigests(join(root, 'src')),
    libraries: libraryVersions(root),
    by: digestOf(HERE),
  }
  const key = createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 16)
  const folder = join(root, `.built-${key}`)
  if (!existsSync(folder)) await build(root, folder, made)
  return folder
}

/** The versions of `LIBRARIES` that are installed. */
function libraryVersions(root) {
  const file = name => join(root, 'node_modules', name, 'package.json')
  const installed = LIBRARIES.filter(name => existsSync(file(name)))
  return Object.fromEntries(
    installed.map(name => [name, JSON.parse(readFileSync(file(name), 'utf8')).version]),
  )
}

/** What each file of `src` contains, by its path. */
function sourceDigests(sources) {
  const paths = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(path =>
    path.endsWith('.ts'),
  )
  return Object.fromEntries(paths.sort().map(path => [path, digestOf(join(sources, path))]))
}

function digestOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** Beside its place first, then renamed: nobody ever sees half of it. Files that haven't changed come from a build before. */
async function build(root, folder, made) {
  const { digests, ...how } = made
  const earlier = builds(root)
    .map(path => ({ path, ...JSON.parse(readFileSync(join(path, 'sources.json'), 'utf8')) }))
    .filter(({ libraries, by }) => JSON.stringify({ libraries, by }) === JSON.stringify(how))
  const making = join(root, `.built-making-${randomUUID()}`)
  try {
    const { default: ts } = await import('typescript')
    mkdirSync(making)
    const bundled = await bundle(root, making, Object.keys(how.libraries), earlier[0]?.path)
    for (const [path, digest] of Object.entries(digests)) {
      const name = path.replace(/\.ts$/, '.js')
      const target = join(making, name)
      mkdirSync(dirname(target), { recursive: true })
      const same = earlier.find(build => build.digests[path] === digest)
      if (same === undefined) transpile(ts, join(root, 'src', path), target, bundled)
      else for (const end of ['', '.map']) copyFileSync(join(same.path, name + end), target + end)
    }
    writeFileSync(join(making, 'sources.json'), JSON.stringify(made))
    renameSync(making, folder)
  } catch (error) {
    rmSync(making, { recursive: true, force: true })
    // Another process made the same one meanwhile.
    if (!existsSync(folder)) throw error
  }
  for (const old of builds(root).slice(KEPT)) rmSync(old, { recursive: true, force: true })
}

/**
 * Each library as one file.
 * @param {string | undefined} earlier a build that has them
 * @returns {Promise<ReadonlyMap<string, string>>} those files by name
 */
async function bundle(root, making, names, earlier) {
  const bundled = new Map(names.map(name => [name, join(making, BUNDLED, `${name}.js`)]))
  if (names.length === 0) return bundled
  mkdirSync(join(making, BUNDLED))
  if (earlier !== undefined) {
    for (const [name, file] of bundled) copyFileSync(join(earlier, BUNDLED, `${name}.js`), file)
    return bundled
  }
  const esbuild = await import('esbuild')
  // Neutral: as modules where they have modules, whose names can be seen.
  const how = { bundle: true, minifyWhitespace: true, platform: 'neutral', format: 'esm', target: 'node20' }
  const found = { mainFields: ['module', 'main'], conditions: ['es2015', 'import', 'default'] }
  for (const [name, outfile] of bundled) {
    const stdin = { contents: `export * from '${name}'`, resolveDir: root }
    await esbuild.build({ ...how, ...found, stdin, outfile, logLevel: 'error' })
  }
  return bundled
}

/** The newest first. */
function builds(root) {
  const made = readdirSync(root)
    .filter(name => NAME.test(name))
    .map(name => join(root, name))
  return made.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
}

/** @param {ReadonlyMap<string, string>} bundled where imports of these libraries lead */
function transpile(ts, file, target, bundled) {
  const { outputText, sourceMapText } = ts.transpileModule(readFileSync(file, 'utf8'), {
    fileName: file,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
      sourceMap: true,
    },
    transformers: { after: [() => source => led(ts, source, name => pathTo(bundled.get(name), target))] },
  })
  writeFileSync(target, outputText)
  // Where the map says the source is, seen from there.
  writeFileSync(
    `${target}.map`,
    JSON.stringify({ ...JSON.parse(sourceMapText), sources: [relative(dirname(target), file)] }),
  )
}

/** A file as another one imports it. */
function pathTo(file, from) {
  return file && `./${relative(dirname(from), file)}`
}

/** A module whose imports lead elsewhere, where there is an elsewhere. */
function led(ts, source, elsewhere) {
  const { factory } = ts
  const statements = source.statements.map(statement => {
    const path = ts.isImportDeclaration(statement) ? elsewhere(statement.moduleSpecifier.text) : undefined
    if (path === undefined) return statement
    const { modifiers, importClause, attributes } = statement
    const specifier = factory.createStringLiteral(path)
    return factory.updateImportDeclaration(statement, modifiers, importClause, specifier, attributes)
  })
  return factory.updateSourceFile(source, statements)
}
