import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { AgentDefinition } from '../../agents/agent.ts'
import type { Schedule } from '../../agents/schedules/schedule.ts'
import type { PopulationSearch } from '../../agents/search/resumable.ts'
import { inputError, messageOf } from '../../common/error.ts'
import { unknownName } from '../../common/suggest.ts'
import type { EnvDefinition } from '../../envs/definition.ts'
import type { ActionSet } from '../../envs/finetune/actions.ts'
import type { StateSpace } from '../../envs/finetune/features.ts'
import type { RewardDefinition } from '../../envs/finetune/reward.ts'
import type { RootActions } from '../../envs/hierarchy/root.ts'
import type { HeadBuilder } from '../../models/head.ts'
import type { HeadKind } from '../../models/head-kinds.ts'
import type { Optimizer } from '../../models/optimizer.ts'
import type { TaskDefinition } from '../../models/tasks/task.ts'
import { readTypeScript } from './typescript.ts'

/** What a package adds to layergym, by kind and id. */
export interface Plugin {
  /** For error messages. */
  readonly name?: string
  /** By id (kebab-case), as `--agent` names them. */
  readonly agents?: Readonly<Record<string, AgentDefinition>>
  /** By id, `Name-vN` or `namespace/Name-vN`, as `--env` names them. */
  readonly envs?: Readonly<Record<string, EnvDefinition>>
  /** By id, as `--actions` names them. */
  readonly actions?: Readonly<Record<string, ActionSet<unknown>>>
  /** By id, as `--reward` names them. */
  readonly rewards?: Readonly<Record<string, RewardDefinition>>
  /** By id, as `--task` names them. */
  readonly tasks?: Readonly<Record<string, TaskDefinition>>
  /** By id, as `--states` names them: what agents see of groups and of the run. */
  readonly states?: Readonly<Record<string, StateSpaceDefinition>>
  /** By id, as `--root-actions` names them. */
  readonly rootActions?: Readonly<Record<string, RootActions>>
  /** By id, as `--baselines` and a study's contenders name them. */
  readonly schedules?: Readonly<Record<string, Schedule>>
  /** By id, as a study's contenders name them. */
  readonly searches?: Readonly<Record<string, PopulationSearch>>
  /** By id, as `--head` names them. */
  readonly heads?: Readonly<Record<string, HeadDefinition>>
  /** By id, as `--optimizer` names them. */
  readonly optimizers?: Readonly<Record<string, OptimizerDefinition>>
}

/** What agents see, by name. */
export interface StateSpaceDefinition extends StateSpace {
  readonly description: string
}

/** What turns a backbone's features into outputs: one that ships, by its kind, or a function that builds it. */
export interface HeadDefinition {
  readonly description: string
  readonly head: HeadKind | HeadBuilder
}

/** A gradient rule, fresh for every run. */
export interface OptimizerDefinition {
  readonly description: string
  readonly create: () => Optimizer
}

/** The kinds of definitions, and what each needs besides a description. */
const KINDS = {
  agents: { factory: 'function', config: 'object' },
  envs: { make: 'function', options: 'object' },
  actions: { apply: 'function', describe: 'function', space: 'object' },
  rewards: { reward: 'function' },
  tasks: { check: 'function', facts: 'function', create: 'function' },
  states: { group: 'object', global: 'object' },
  rootActions: { choices: 'function', opens: 'function', describe: 'function' },
  schedules: { trial: 'function', begin: 'function' },
  searches: { config: 'object', search: 'function' },
  heads: {},
  optimizers: { create: 'function' },
} as const satisfies Record<Exclude<keyof Plugin, 'name'>, Record<string, 'function' | 'object'>>

export const pluginKinds = Object.keys(KINDS) as readonly (keyof typeof KINDS)[]

/**
 * Checks a plugin and returns it: `export const plugin = definePlugin({ agents: { mine } })`.
 * @throws input error naming the key: misspelt kinds, ids that aren't kebab-case, incomplete definitions
 */
export function definePlugin(plugin: Plugin): Plugin {
  for (const key of Object.keys(plugin)) {
    if (key !== 'name' && !isKind(key)) throw unknownName('plugin key', key, ['name', ...pluginKinds])
  }
  for (const kind of pluginKinds) {
    for (const [id, definition] of Object.entries(plugin[kind] ?? {})) checkDefinition(kind, id, definition)
  }
  return plugin
}

/**
 * Imports the plugin that `--plugin` names: a file, relative to `from`, or a package installed there.
 * Its export `plugin` (or its default export) is the plugin; of a Python file, its agents are.
 * @param options.from folder that relative paths and packages are looked up from
 * @throws input error when there's no such module, it fails to load, or it exports no plugin
 */
export async function loadPlugin(specifier: string, options: { readonly from: string }): Promise<Plugin> {
  const url = locate(specifier, options.from)
  if (url.endsWith('.py')) {
    const { pythonAgents } = await import('./python.ts')
    return definePlugin({ name: specifier, agents: pythonAgents(fileURLToPath(url)) })
  }
  if (/\.[cm]?tsx?$/.test(url)) await readTypeScript()
  const module = await import(url).catch((error: unknown) => {
    throw inputError('plugin.failed', `plugin '${specifier}' fails to load: ${messageOf(error)}`, {
      cause: error,
    })
  })
  const plugin: unknown = module.plugin ?? module.default
  if (typeof plugin !== 'object' || plugin === null) {
    throw inputError(
      'plugin.no-export',
      `plugin '${specifier}' exports no plugin: write \`export const plugin = definePlugin({ … })\``,
    )
  }
  return definePlugin({ name: specifier, ...plugin })
}

/** The same names wherever they are looked up from: files by their whole path; a package's name stays one. */
export function withWholePaths(specifiers: readonly string[]): string[] {
  return specifiers.map(name => (existsSync(name) ? resolve(name) : name))
}

/** The address of the module that a plugin's name stands for. @throws input error when there's none */
export function locate(specifier: string, from: string): string {
  const path = resolve(from, specifier)
  if (existsSync(path)) return pathToFileURL(path).href
  const isPath = /^[./\\]|^[A-Za-z]:[/\\]/.test(specifier)
  if (!isPath) {
    try {
      return pathToFileURL(createRequire(join(from, 'package.json')).resolve(specifier)).href
    } catch {
      // Neither a file nor a package: said below.
    }
  }
  const where = isPath ? `no file ${path}` : `no file ${path} and no package '${specifier}' installed there`
  throw inputError('plugin.missing', `plugin '${specifier}' not found: ${where}`)
}

function isKind(key: string): key is keyof typeof KINDS {
  return Object.hasOwn(KINDS, key)
}

function checkDefinition(kind: keyof typeof KINDS, id: string, definition: unknown): void {
  // The registry of environments knows what theirs look like, with versions and namespaces; schedules that ship are
  // named as papers' configurations do, in camelCase.
  const isNamed = kind === 'schedules' ? /^[a-z][a-zA-Z0-9]*(-[a-z0-9]+)*$/ : /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
  if (kind !== 'envs' && !isNamed.test(id)) {
    throw inputError('plugin.id', `${kind} id '${id}' is not kebab-case: use a-z, 0-9 and single hyphens`)
  }
  const given = typeof definition === 'object' && definition !== null ? definition : {}
  for (const [key, type] of Object.entries({ description: 'string', ...KINDS[kind] })) {
    const value: unknown = Reflect.get(given, key)
    if (typeof value !== type || value === null) {
      const actual = value === undefined ? 'missing' : `${value === null ? 'null' : typeof value}`
      throw inputError('plugin.definition', `${kind}.${id}: '${key}' must be a ${type}, and it is ${actual}`)
    }
  }
}
