import 'reflect-metadata'
import { isDeepStrictEqual } from 'node:util'
import { Container as Inversify, type ServiceIdentifier } from 'inversify'
import type { Agent, AgentContext, AgentDefinition } from '../../agents/agent.ts'
import { inputError, type LayergymError } from '../../common/error.ts'
import { unknownName } from '../../common/suggest.ts'
import { classicEnvs } from '../../envs/classic/definitions.ts'
import type { EnvDefinition } from '../../envs/definition.ts'
import { exactEnvs } from '../../envs/exact/definitions.ts'
import { partialEnvs } from '../../envs/partial/definitions.ts'
import { registerEnv, registeredEnvs } from '../../envs/registry.ts'
import { parseAgentConfig } from './agent-config.ts'
import { type Plugin, pluginKinds } from './plugin.ts'

/** Definitions by id, in the order of registration. */
export type Registry<T> = ReadonlyMap<string, T>

/** What a user's agent needs; the configuration may have kebab-case keys and is checked by the agent's schema. */
export type CreateAgentOptions = Omit<AgentContext, 'config'> & {
  readonly config?: Readonly<Record<string, unknown>>
}

/** The composition root's face: everything that can be named on the command line or in a config. */
export interface Container {
  /** @throws input error with the nearest id when there's none */
  get<K extends Kind>(kind: K, id: string): Definition<K>
  /** Of envs everything that `makeEnv` knows. */
  all<K extends Kind>(kind: K): readonly (readonly [string, Definition<K>])[]
  /** @throws input error when the id or a setting is wrong, or the agent can't act in these spaces */
  createAgent(id: string, options: CreateAgentOptions): Agent<unknown, unknown>
}

/**
 * Binds plugins, and builds registries from whatever is bound. Environments go to the one registry of `makeEnv`, which
 * outlives the container.
 * @param overrides definitions that replace those of the same id (environments: never), or stand beside them
 * @throws input error when two plugins register one id, or an environment's id has another form than Name-vN
 */
export function buildContainer(plugins: readonly Plugin[], overrides: Plugin = {}): Container {
  const bindings = new Inversify({ defaultScope: 'Singleton' })
  // Unnamed: `getAll` and multi-injection leave out named bindings.
  for (const plugin of plugins) bindings.bind(PLUGIN).toConstantValue(plugin)
  bindings.bind(OVERRIDES).toConstantValue(overrides)
  for (const kind of pluginKinds) bindRegistry(bindings, kind)
  // A clash is told here, not where something is looked up.
  for (const kind of pluginKinds) bindings.get<unknown>(REGISTRIES[kind] as ServiceIdentifier)

  registerEnvs(bindings.get(REGISTRIES.envs), [...plugins, { name: 'overrides', ...overrides }])
  const get: Container['get'] = (kind, id) => lookUp(WORDS[kind], bindings.get(REGISTRIES[kind]), id)
  return {
    get,
    all<K extends Kind>(kind: K) {
      const known = kind === 'envs' ? registeredEnvs() : bindings.get(REGISTRIES[kind])
      return [...known] as (readonly [string, Definition<K>])[]
    },
    createAgent(id, { config = {}, ...context }) {
      const definition = get('agents', id)
      const reason = definition.refuses?.(context)
      if (reason !== undefined) throw inputError('agent.refused', `agent '${id}' can't act here: ${reason}`)
      const own = parseAgentConfig(id, definition.config, config)
      const whole = definition.settings?.({ ...context, config: own }) ?? own
      const made = definition.factory({ ...context, config: whole })
      const settings = whole as Readonly<Record<string, unknown>>
      settingsByAgent.set(made, { settings, tuned: tunedOf(definition, settings, context) })
      return made
    },
  }
}

interface AgentSettings {
  /** All, defaults and presets included. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Those that are others than the agent has by itself. */
  readonly tuned: Readonly<Record<string, unknown>>
}

const settingsByAgent = new WeakMap<object, AgentSettings>()

/** What a container made an agent with. */
export function settingsOf(agent: object): AgentSettings {
  const settings = settingsByAgent.get(agent)
  if (settings === undefined) throw new Error('this agent was not made by a container')
  return settings
}

function tunedOf(
  definition: AgentDefinition,
  settings: AgentSettings['settings'],
  context: Omit<CreateAgentOptions, 'config'>,
): AgentSettings['tuned'] {
  const bare = definition.config.safeParse({})
  if (!bare.success) return settings
  const usual: unknown = definition.settings?.({ ...context, config: bare.data }) ?? bare.data
  const differs = ([name, value]: [string, unknown]) =>
    !isDeepStrictEqual(value, Reflect.get(Object(usual), name))
  return Object.fromEntries(Object.entries(settings).filter(differs))
}

type Kind = (typeof pluginKinds)[number]
type Definition<K extends Kind> = NonNullable<Plugin[K]>[string]

function token<T>(name: string): ServiceIdentifier<T> {
  return Symbol.for(`layergym.${name}`)
}

const PLUGIN = token<Plugin>('plugin')
const OVERRIDES = token<Plugin>('overrides')
const REGISTRIES: { readonly [K in Kind]: ServiceIdentifier<Registry<Definition<K>>> } = {
  agents: token('agents'),
  envs: token('envs'),
  actions: token('actions'),
  rewards: token('rewards'),
  tasks: token('tasks'),
  states: token('states'),
  rootActions: token('rootActions'),
  schedules: token('schedules'),
  searches: token('searches'),
  heads: token('heads'),
  optimizers: token('optimizers'),
}

/** What one of a kind is called in errors. */
const WORDS: Readonly<Record<Kind, string>> = {
  agents: 'agent',
  envs: 'env',
  actions: 'action set',
  rewards: 'reward',
  tasks: 'task',
  states: 'state space',
  rootActions: 'root action set',
  schedules: 'schedule',
  searches: 'search',
  heads: 'head',
  optimizers: 'optimizer',
}

function bindRegistry<K extends Kind>(bindings: Inversify, kind: K): void {
  const build = (overrides: Plugin, plugins: Plugin[] | undefined) => merge(kind, plugins ?? [], overrides)
  bindings
    .bind<Registry<Definition<K>>>(REGISTRIES[kind])
    .toResolvedValue(build, [OVERRIDES, { serviceIdentifier: PLUGIN, isMultiple: true, optional: true }])
}

function merge<K extends Kind>(
  kind: K,
  plugins: readonly Plugin[],
  overrides: Plugin,
): Registry<Definition<K>> {
  const registry = new Map<string, Definition<K>>()
  const owners = new Map<string, string>()
  plugins.forEach((plugin, index) => {
    const owner = nameOf(plugin, index)
    for (const [id, definition] of entries(plugin, kind)) {
      const other = owners.get(id)
      if (other !== undefined) throw duplicate(kind, id, other, owner)
      owners.set(id, owner)
      registry.set(id, definition)
    }
  })
  for (const [id, definition] of entries(overrides, kind)) registry.set(id, definition)
  return registry
}

/** Who registered what `makeEnv` knows beyond what ships. */
const envOwners = new Map<string, string>()

/** The same definition again, of a plugin that another container has too, is no clash. */
function registerEnvs(envs: Registry<EnvDefinition>, plugins: readonly Plugin[]): void {
  const known = new Map(registeredEnvs())
  for (const [id, definition] of envs) {
    if (known.get(id) === definition) continue
    const owner = nameOf(...ownerOf(definition, plugins))
    if (known.has(id)) {
      const shipped = Object.hasOwn({ ...classicEnvs, ...exactEnvs, ...partialEnvs }, id)
        ? 'layergym'
        : 'a call of registerEnv'
      throw duplicate('envs', id, envOwners.get(id) ?? shipped, owner)
    }
    registerEnv(id, definition)
    envOwners.set(id, owner)
  }
}

function ownerOf(definition: EnvDefinition, plugins: readonly Plugin[]): readonly [Plugin, number] {
  const index = plugins.findIndex(({ envs }) => Object.values(envs ?? {}).includes(definition))
  return [plugins[index], index]
}

function nameOf(plugin: Plugin, index: number): string {
  return plugin.name ?? `plugin ${index + 1}`
}

function duplicate(kind: Kind, id: string, one: string, other: string): LayergymError {
  return inputError(
    'plugin.duplicate',
    `${kind.slice(0, -1)} '${id}' is registered by '${one}' and by '${other}'`,
  )
}

function entries<K extends Kind>(plugin: Plugin, kind: K): [string, Definition<K>][] {
  return Object.entries(plugin[kind] ?? {}) as [string, Definition<K>][]
}

function lookUp<T>(what: string, registry: Registry<T>, id: string): T {
  const definition = registry.get(id)
  if (definition === undefined) throw unknownName(what, id, registry.keys())
  return definition
}
