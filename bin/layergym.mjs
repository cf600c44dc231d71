#!/usr/bin/env node
// The command's entry: in a clone from what scripts/built.mjs makes of the sources, in a package from its build.
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const source = new URL('../src/cli/main.ts', import.meta.url)
const build = new URL('../dist/cli/main.js', import.meta.url)

/**
 * @param {readonly string[]} argv the words after `layergym`
 * @returns {Promise<number>} the exit code
 */
export async function layergym(argv) {
  if (argv[0] === 'setup' && !argv.includes('--help') && !argv.includes('-h')) return setUp(argv.slice(1))
  if (argv.includes('--verbose') || process.env.DEBUG) process.setSourceMapsEnabled(true)
  const { main } = await load()
  return main(argv)
}

/** Works before anything is installed. */
async function setUp(flags) {
  const unknown = flags.filter(flag => flag !== '--retry' && flag !== '--ffmpeg')
  if (unknown.length > 0) {
    process.stderr.write(
      `error: layergym setup does not know ${unknown.join(' ')}: its flags are --retry and --ffmpeg\n`,
    )
    return 2
  }
  const { setUpOrExit } = await import('../scripts/setup.mjs')
  await setUpOrExit({ retry: flags.includes('--retry'), ffmpeg: flags.includes('--ffmpeg') })
  return 0
}

async function load() {
  if (!existsSync(source) && !existsSync(build)) {
    process.stderr.write(
      'error: this package was packed without its build (dist): in a clone, pack with `npm run release`, and install that\n',
    )
    process.exit(1)
  }
  try {
    if (!existsSync(source)) return await import(build.href)
    const { builtFolder } = await import('../scripts/built.mjs')
    const folder = await builtFolder().catch(() => undefined)
    if (folder !== undefined) return await import(pathToFileURL(join(folder, 'cli', 'main.js')).href)
    // A clone that can't be written to, or without TypeScript.
    const { register } = await import('tsx/esm/api')
    register()
    return await import(source.href)
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || /\/(src|\.built-\w+)\//.test(error.message)) throw error
    process.stderr.write(
      'error: the dependencies are not installed: run `npm start` or `npm run setup` first\n',
    )
    process.exit(1)
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await layergym(process.argv.slice(2))
}
