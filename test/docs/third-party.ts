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
import { pack, packedLayergym } from './packed.ts'
import { ROOT } from './workplace.ts'

/** A reader's project in which layergym is a packed tarball in node_modules, and an example's package another. */
export interface ThirdParty {
  /** Where commands run. */
  readonly project: string
  /** The example's sources, built and with its dependencies. */
  readonly plugin: string
  /** `npx layergym …` there. */
  layergym(...argv: readonly string[]): { readonly status: number | null; out: string; err: string }
  /** The example's own tests; their output is the error's message when they fail. */
  test(): void
  remove(): void
}

/** @param example folder of `examples`; `name` of its package */
export function thirdParty(example: string, name: string): ThirdParty {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'layergym-plugin-')))
  const project = join(folder, 'project')
  const plugin = join(folder, 'plugin')
  const modules = join(project, 'node_modules')
  mkdirSync(modules, { recursive: true })
  // What a registry would bring, from the repository: no test may need the network.
  for (const own of readdirSync(join(ROOT, 'node_modules')))
    if (!own.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', own), join(modules, own))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'reader', type: 'module' }))
  install(packedLayergym(), join(modules, 'layergym'))
  install(packPlugin(example, plugin, modules), join(modules, name))
  return {
    project,
    plugin,
    layergym(...argv) {
      const bin = join(modules, 'layergym', 'bin', 'layergym.mjs')
      const options = { cwd: project, env: env(), encoding: 'utf8' } as const
      const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...argv], options)
      return { status, out: stdout, err: stderr }
    },
    test: () => node(plugin, ['vitest', 'vitest.mjs'], 'run'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Built against the tarball's types, as its author would. */
function packPlugin(example: string, copy: string, modules: string): string {
  cpSync(join(ROOT, 'examples', example), copy, {
    recursive: true,
    filter: path => !/node_modules|dist/.test(path.slice(ROOT.length)),
  })
  symlinkSync(modules, join(copy, 'node_modules'))
  node(copy, ['typescript', 'bin', 'tsc'], '-p', 'tsconfig.json')
  node(copy, ['typescript', 'bin', 'tsc'], '-p', 'tsconfig.build.json')
  return pack(copy)
}

function install(tarball: string, target: string): void {
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

/** Without what vitest sets for its own workers. */
function env(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VITEST|TEST$|NODE_ENV$)/.test(name)),
  )
}
