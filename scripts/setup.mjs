#!/usr/bin/env node
// Brings everything that a fresh clone or an installed package lacks: dependencies, kernels, native engine, codecs.
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { installDependencies, makeCodecRunnable } from './setup/dependencies.mjs'
import { setUpEngine } from './setup/engine.mjs'
import { fetchFfmpeg } from './setup/ffmpeg.mjs'
import { setUpKernels } from './setup/kernels.mjs'
import { isClone } from './setup/places.mjs'
import { CannotSetUp, cleanUpOnSignals } from './setup/work.mjs'

/**
 * Quick and silent when nothing is to do; says on stderr what it does otherwise.
 * @param {{ retry?: boolean, ffmpeg?: boolean }} options `retry`: try again what is known to have failed;
 * `ffmpeg`: fetch a current one where the PATH has none.
 * @returns {Promise<{ engine: 'gpu' | 'cpu' | undefined }>} the native engine, if there is one
 * @throws CannotSetUp when nothing can run (the dependencies can't be installed).
 */
export async function setUp(options = {}) {
  const undo = cleanUpOnSignals()
  try {
    if (isClone()) await installDependencies()
    makeCodecRunnable()
    if (options.ffmpeg) await fetchFfmpeg()
    await setUpKernels(options)
    return { engine: await setUpEngine(options) }
  } finally {
    undo()
  }
}

/** As `setUp`, for scripts: what can't be helped is one line and exit code 1. */
export async function setUpOrExit(options) {
  try {
    return await setUp(options)
  } catch (error) {
    if (!(error instanceof CannotSetUp)) throw error
    process.stderr.write(`set-up: ${error.message}\n`)
    process.exit(1)
  }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const flags = process.argv.slice(2)
  const unknown = flags.filter(flag => flag !== '--retry' && flag !== '--ffmpeg')
  if (unknown.length > 0) {
    process.stderr.write(`set-up: unknown ${unknown.join(' ')}: its flags are --retry and --ffmpeg\n`)
    process.exit(2)
  }
  await setUpOrExit({ retry: flags.includes('--retry'), ffmpeg: flags.includes('--ffmpeg') })
}
