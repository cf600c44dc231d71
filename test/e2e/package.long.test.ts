import { execFile } from 'node:child_process'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../support/e2e.ts'

// As a user gets it: packed, installed into an empty project, run by every Node that is promised. Needs npm's registry.

const VERSIONS = [20, 22, 24]
const MOST_MEGABYTES = 350
const project = mkdtempSync(join(tmpdir(), 'layergym-installed-'))
const installed = join(project, 'node_modules', 'layergym')

const PLUGIN = `import { z } from 'zod'
import { defineAgent, definePlugin, type Mask } from 'layergym'

const first = (mask?: Mask) => (mask === undefined ? 0 : [...(mask as Uint8Array)].indexOf(1))

export const plugin = definePlugin({
  name: 'my agents',
  agents: {
    'first-allowed': defineAgent({
      description: 'takes the first action that is allowed',
      config: z.strictObject({}),
      factory: () => ({
        appetite: { unit: 'episode', count: 1 },
        act: (observations, { masks }) => observations.map((_, i) => ({ action: first(masks[i]) })),
        learn: () => ({}),
        state: () => ({}),
        restore: () => undefined,
      }),
    }),
  },
})
`

/** @returns what it printed, also where it failed: then after its exit code */
async function run(cwd: string, program: string, args: readonly string[], node = process.execPath) {
  const env = { ...process.env, PATH: [join(node, '..'), process.env.PATH].join(delimiter) }
  return promisify(execFile)(program, [...args], { cwd, env, maxBuffer: 2 ** 26 }).then(
    ({ stdout, stderr }) => `${stdout}${stderr}`,
    ({ code, stdout, stderr }) => `exit code ${code}: ${stdout}${stderr}`,
  )
}

const npm = (cwd: string, ...args: readonly string[]) =>
  run(cwd, 'npm', [...args, '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'])

function megabytes(path: string): number {
  const { blocks, size } = lstatSync(path)
  const own = (blocks > 0 ? 512 * blocks : size) / 2 ** 20
  if (!lstatSync(path).isDirectory()) return own
  return readdirSync(path).reduce((sum, name) => sum + megabytes(join(path, name)), own)
}

/** The Node that npm's package `node` would fetch in a script of its own. */
async function nodeOf(version: number): Promise<string> {
  const folder = join(project, `node-${version}`)
  mkdirSync(folder)
  const name = `node-${process.platform}-${process.arch}`
  await npm(folder, 'install', '--prefix', folder, `${name}@${version}`)
  return join(folder, 'node_modules', name, 'bin', 'node')
}

beforeAll(async () => {
  expect(await run(ROOT, 'npm', ['run', 'build'])).not.toContain('exit code')
  await run(ROOT, 'npm', ['pack', '--ignore-scripts', '--pack-destination', project])
  const tarball = readdirSync(project).find(name => name.endsWith('.tgz'))
  writeFileSync(join(project, 'package.json'), '{"private":true,"type":"module"}')
  writeFileSync(join(project, 'plugin.ts'), PLUGIN)
  expect(await npm(project, 'install', `./${tarball}`)).not.toContain('exit code')
}, 1_200_000)
afterAll(() => rmSync(project, { recursive: true, force: true }), 600_000)

test(`takes ${MOST_MEGABYTES} MB at most, and everything that its README leads to is there`, () => {
  expect(megabytes(join(project, 'node_modules'))).toBeLessThan(MOST_MEGABYTES)
  const readme = readFileSync(join(installed, 'README.md'), 'utf8')
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path)
  expect(links.length).toBeGreaterThan(10)
  const missing = links.filter(
    path => lstatSync(join(installed, path), { throwIfNoEntry: false }) === undefined,
  )
  expect(missing).toEqual([])
})

describe.each(VERSIONS)('on Node %d', version => {
  let node = ''
  const layergym = (...args: readonly string[]) =>
    run(project, node, [join(installed, 'bin', 'layergym.mjs'), ...args], node)
  beforeAll(async () => {
    node = await nodeOf(version)
  }, 300_000)

  test('is that Node', async () => {
    expect(await run(project, node, ['--version'])).toMatch(`v${version}.`)
  })

  test('an agent trains', async () => {
    const flags = ['--env', 'CartPole-v1', '--agent', 'ppo', '--steps', '1000', '--out', `train-${version}`]
    expect(await layergym('train', ...flags)).toMatch(/report: .*report\.html/)
  })

  test('fine-tunes on wasm', async () => {
    const small = {
      episodes: 1,
      'budget-steps': 4,
      size: 32,
      frames: 2,
      'batch-size': 4,
      baselines: 'linearProbe',
    }
    const cheap = { ...small, 'baseline-seeds': 1, 'baseline-rates': 1, groups: 3, engine: 'wasm' }
    const places = {
      model: join(installed, 'models/mobilenet_v2_035_224_tm'),
      data: join(installed, 'data/grid_command'),
      out: `fine-tune-${version}`,
    }
    const flags = Object.entries({ ...cheap, ...places }).flatMap(([key, value]) => [
      `--${key}`,
      String(value),
    ])
    expect(await layergym('fine-tune', ...flags)).toContain('You have:')
  })

  test("a plugin's agent is checked, from TypeScript", async () => {
    const words = await layergym('check-agent', 'first-allowed', '--plugin', './plugin.ts')
    expect(words).toContain('learn.nothing')
    expect(words).not.toContain('ERR_')
  })
})

test('every entry is imported; its types hold without skipLibCheck', async () => {
  await npm(project, 'install', '-D', 'typescript@6', '@types/node@20', 'vitest@4')
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
  const entries = Object.keys(exports).map(entry => entry.replace(/^\./, 'layergym'))
  expect(entries.length).toBeGreaterThan(1)
  const uses = entries.map(
    (entry, i) => `import * as e${i} from '${entry}'\nconsole.log(Object.keys(e${i}).length > 0)\n`,
  )
  writeFileSync(join(project, 'use.ts'), uses.join(''))
  const flags = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', 'use.ts', 'plugin.ts']
  expect(await run(project, join(project, 'node_modules/.bin/tsc'), flags)).toBe('')
  // Without vitest's types, which bring Node's, and where `undefined` is no way to leave something out.
  writeFileSync(
    join(project, 'bare.ts'),
    "import * as all from 'layergym'\nimport * as agents from 'layergym/agents'\nconsole.log(all, agents)\n",
  )
  const strictest = [...flags.slice(0, -2), '--exactOptionalPropertyTypes', 'bare.ts']
  expect(await run(project, join(project, 'node_modules/.bin/tsc'), strictest)).toBe('')
  // What is made for vitest runs there.
  writeFileSync(
    join(project, 'use.test.ts'),
    `${uses.join('')}import { test } from 'vitest'\ntest('loads', () => undefined)\n`,
  )
  const told = await run(project, join(project, 'node_modules/.bin/vitest'), ['run', 'use.test.ts'])
  expect(told).toContain('1 passed')
})

test('with the native engine, there is one TensorFlow.js, and it is the native one', async () => {
  expect(await npm(project, 'install', '@tensorflow/tfjs-node@4.22')).not.toContain('exit code')
  await run(project, process.execPath, [join(installed, 'bin', 'layergym.mjs'), 'setup'])
  const code = `import { startEngine, tf } from 'layergym'
import { createRequire } from 'node:module'
const { name } = await startEngine()
console.log(name, createRequire(import.meta.url)('@tensorflow/tfjs').Tensor === tf.Tensor)`
  writeFileSync(join(project, 'native.mjs'), code)
  const words = await run(project, process.execPath, ['native.mjs'])
  // Where there is no compiler, wasm still is.
  expect(words).toMatch(/^(tfjs-node(-gpu)?|wasm) true/)
})
