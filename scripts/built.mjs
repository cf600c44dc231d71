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
import { ROOT } from './setup/places.mjs'

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
  const digests = sourceDigests(join(root, 'src'))
  const key = createHash('sha256').update(JSON.stringify(digests)).digest('hex').slice(0, 16)
  const folder = join(root, `.built-${key}`)
  if (!existsSync(folder)) await build(root, folder, digests)
  return folder
}

/** What each file of `src` contains, by its path. */
function sourceDigests(sources) {
  const paths = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(path =>
    path.endsWith('.ts'),
  )
  const digest = path =>
    createHash('sha256')
      .update(readFileSync(join(sources, path)))
      .digest('hex')
  return Object.fromEntries(paths.sort().map(path => [path, digest(path)]))
}

/** Beside its place first, then renamed: nobody ever sees half of it. Files that haven't changed come from a build before. */
async function build(root, folder, digests) {
  const earlier = builds(root).map(path => ({
    path,
    digests: JSON.parse(readFileSync(join(path, 'sources.json'), 'utf8')),
  }))
  const making = join(root, `.built-making-${randomUUID()}`)
  try {
    const { default: ts } = await import('typescript')
    for (const [path, digest] of Object.entries(digests)) {
      const name = path.replace(/\.ts$/, '.js')
      const target = join(making, name)
      mkdirSync(dirname(target), { recursive: true })
      const made = earlier.find(build => build.digests[path] === digest)
      if (made === undefined) transpile(ts, join(root, 'src', path), target)
      else for (const end of ['', '.map']) copyFileSync(join(made.path, name + end), target + end)
    }
    writeFileSync(join(making, 'sources.json'), JSON.stringify(digests))
    renameSync(making, folder)
  } catch (error) {
    rmSync(making, { recursive: true, force: true })
    // Another process made the same one meanwhile.
    if (!existsSync(folder)) throw error
  }
  for (const old of builds(root).slice(KEPT)) rmSync(old, { recursive: true, force: true })
}

/** The newest first. */
function builds(root) {
  const made = readdirSync(root)
    .filter(name => NAME.test(name))
    .map(name => join(root, name))
  return made.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)
}

function transpile(ts, file, target) {
  const { outputText, sourceMapText } = ts.transpileModule(readFileSync(file, 'utf8'), {
    fileName: file,
    compilerOptions: {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
      sourceMap: true,
    },
  })
  writeFileSync(target, outputText)
  // Where the map says the source is, seen from there.
  writeFileSync(
    `${target}.map`,
    JSON.stringify({ ...JSON.parse(sourceMapText), sources: [relative(dirname(target), file)] }),
  )
}
