import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from './workplace.ts'

const LIMIT = 240_000
const PLUGIN = 'layergym-sarsa'
let folder = ''
let project = ''

/** examples/agent-plugin as its readers have it: layergym is a packed tarball in node_modules, the plugin another. */
describe('a package of a third party', () => {
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'layergym-plugin-')))
    project = join(folder, 'project')
    const modules = join(project, 'node_modules')
    mkdirSync(modules, { recursive: true })
    // What a registry would bring, from the repository: no test may need the network.
    for (const name of readdirSync(join(ROOT, 'node_modules')))
      if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'reader', type: 'module' }))
    install(packLayergym(), 'layergym')
    install(packPlugin(), PLUGIN)
  }, LIMIT)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('its own tests pass: the contracts, and that its agent learns', { timeout: LIMIT }, () => {
    node(join(folder, 'plugin'), ['vitest', 'vitest.mjs'], 'run')
  })

  test('its agent and environment are listed', () => {
    const { agents } = JSON.parse(layergym('list', 'agents', '--plugin', PLUGIN, '--json').out)
    expect(agents.map(({ id }: { id: string }) => id)).toContain('sarsa')
    const { envs } = JSON.parse(layergym('list', 'envs', '--plugin', PLUGIN, '--json').out)
    expect(envs.map(({ id }: { id: string }) => id)).toContain('sarsa/WindyGridworld-v0')
  })

  test('check-agent and check-env find nothing', { timeout: LIMIT }, () => {
    const agent = layergym('check-agent', 'sarsa', '--plugin', PLUGIN, '--json')
    expect(JSON.parse(agent.out)).toEqual({ agent: 'sarsa', ok: true, findings: [] })
    const env = layergym('check-env', 'sarsa/WindyGridworld-v0', '--plugin', PLUGIN, '--json')
    expect(JSON.parse(env.out).findings.map(({ code }: { code: string }) => code)).toEqual(['seed.ignored'])
  })

  test('it learns the shortest way, and its policy is evaluated', { timeout: LIMIT }, () => {
    const out = join(project, 'windy')
    const run = layergym(...train('--steps', '30000', '--eval-episodes', '5', '--out', out, '--json'))
    expect(run.err).not.toContain('error')
    expect(JSON.parse(run.out)).toMatchObject({ agent: 'sarsa', env: 'sarsa/WindyGridworld-v0' })
    expect(JSON.parse(run.out).evaluation.meanReturn).toBeGreaterThanOrEqual(-20)
    const again = layergym('evaluate', '--policy', join(out, 'policy.json'), '--episodes', '5', '--json')
    expect(JSON.parse(again.out).meanReturn).toBe(JSON.parse(run.out).evaluation.meanReturn)
  })

  test.each([
    [
      'a setting misspelt',
      ['--agent-config', '{"lamda":1}'],
      /no setting 'lamda': did you mean 'lambda'.*learningRate/,
    ],
    ['a value out of range', ['--agent-config', '{"lambda":2}'], /'sarsa': 'lambda' can't be 2: .*<=1/],
    [
      'spaces that it refuses',
      ['--env', 'Pendulum-v1'],
      /'sarsa' can't act here: it values each.*"kind":"box"/,
    ],
    [
      'an option of its environment',
      ['--env-options', '{"wnid":1}'],
      /no option 'wnid': did you mean 'wind'/,
    ],
  ])('%s: refused before anything runs', (_name, flags, message) => {
    const out = join(project, 'refused')
    const { status, err } = layergym(...train('--out', out, ...flags))
    expect(err).toMatch(message)
    expect(status).toBe(2)
    expect(readdirSync(project)).not.toContain('refused')
  })
})

function train(...flags: readonly string[]): string[] {
  return ['train', '--plugin', PLUGIN, '--agent', 'sarsa', '--env', 'sarsa/WindyGridworld-v0', ...flags]
}

/** Without models and clips, which no plugin's tests need: package.test.ts sees to them. */
function packLayergym(): string {
  const staged = join(folder, 'layergym')
  for (const name of ['bin', 'scripts', 'package.json', 'LICENSE', 'README.md'])
    cpSync(join(ROOT, name), join(staged, name), { recursive: true })
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const args = ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(staged, 'dist')]
  execFileSync(process.execPath, [tsc, ...args], { stdio: 'inherit' })
  return pack(staged)
}

/** Built against the tarball's types, as its author would. */
function packPlugin(): string {
  const copy = join(folder, 'plugin')
  cpSync(join(ROOT, 'examples', 'agent-plugin'), copy, {
    recursive: true,
    filter: path => !/node_modules|dist/.test(path.slice(ROOT.length)),
  })
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'))
  node(copy, ['typescript', 'bin', 'tsc'], '-p', 'tsconfig.json')
  node(copy, ['typescript', 'bin', 'tsc'], '-p', 'tsconfig.build.json')
  return pack(copy)
}

function pack(source: string): string {
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

function install(tarball: string, name: string): void {
  const target = join(project, 'node_modules', name)
  mkdirSync(target)
  execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components', '1'])
}

/** A program of node_modules in a folder; its output is the error's message when it fails. */
function node(cwd: string, program: readonly string[], ...args: readonly string[]): void {
  const path = join(ROOT, 'node_modules', ...program)
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, ...args], {
    cwd,
    env: env(),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${program[0]} ${args.join(' ')}: exit ${status}\n${stdout}${stderr}`)
}

function layergym(...argv: readonly string[]) {
  const bin = join(project, 'node_modules', 'layergym', 'bin', 'layergym.mjs')
  const result = spawnSync(process.execPath, [bin, ...argv], { cwd: project, env: env(), encoding: 'utf8' })
  return { status: result.status, out: result.stdout, err: result.stderr }
}

/** Without what vitest sets for its own workers. */
function env(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$)/.test(name)),
  )
}
