import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AgentDefinition } from '../../agents/agent.ts'
import { inputError, messageOf } from '../../common/error.ts'
import { unknownName } from '../../common/suggest.ts'
import type { EnvDefinition } from '../../envs/definition.ts'
import type { ActionSet } from '../../envs/finetune/actions.ts'
import type { RewardDefinition } from '../../envs/finetune/reward.ts'
import type { TaskDefinition } from '../../models/tasks/task.ts'

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
}

/** The kinds of definitions, and what each needs besides a description. */
const KINDS = {
  agents: { factory: 'function', config: 'object' },
  envs: { make: 'function', options: 'object' },
  actions: { apply: 'function', describe: 'function', space: 'object' },
  rewards: { reward: 'function' },
  tasks: { check: 'function', facts: 'function', create: 'function' },
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
 * Its export `plugin` (or its default export) is the plugin.
 * @param options.from folder that relative paths and packages are looked up from
 * @throws input error when there's no such module, it fails to load, or it exports no plugin
 */
export async function loadPlugin(specifier: string, options: { readonly from: string }): Promise<Plugin> {
  const url = locate(specifier, options.from)
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

function locate(specifier: string, from: string): string {
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
  // The registry of environments knows what theirs look like, with versions and namespaces.
  if (kind !== 'envs' && !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) {
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
