import { camelCase, kebabCase } from '../../../common/settings.ts'
import { fineTuneSchema } from '../../instances/config.ts'

type Config = Readonly<Record<string, unknown>>

/** Where a run's files go says nothing about the run; what a run found out is no setting. */
const PLACES: readonly string[] = ['out', 'overwrite', 'cache']
/** What the machine has; found anew by each run. */
const MACHINE: readonly string[] = ['engine', 'threads', 'executor']
const FLAGS = Object.keys(fineTuneSchema.shape)

/** The flags that repeat a run, quoted for a shell: everything that decides it. */
export function flagsOf(config: Config): readonly string[] {
  return FLAGS.filter(name => !PLACES.includes(name)).flatMap(name => flag(name, config[name]))
}

/**
 * The flags in which a run differs from the defaults, with some settings changed; where it goes among them.
 * @param usual defaults of its task
 */
export function changedFlags(config: Config, changes: Config, usual: Config = {}): readonly string[] {
  const defaults: Config = { ...fineTuneSchema.parse({ model: '', data: '' }), ...usual }
  return FLAGS.filter(name => !MACHINE.includes(name) && name !== 'overwrite').flatMap(name => {
    // What is changed is shown, though it be a default.
    if (Object.hasOwn(changes, name)) return flag(name, changes[name])
    const isDefault = JSON.stringify(config[name]) === JSON.stringify(defaults[name])
    return isDefault ? [] : flag(name, config[name])
  })
}

export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function flag(name: string, value: unknown): readonly string[] {
  const key = `--${kebabCase(name)}`
  if (value === undefined || value === null || value === false) return []
  if (value === true) return [key]
  if (name === 'baselines' && Array.isArray(value) && value.length === 0) return [`${key} none`]
  if (name === 'size' && Array.isArray(value)) return [`${key} ${value.join('x')}`]
  if (Array.isArray(value)) return value.length === 0 ? [] : [`${key} ${quoted(value.join(','))}`]
  if (typeof value !== 'object') return [`${key} ${quoted(String(value))}`]
  return Object.keys(value).length === 0 ? [] : [`${key} ${quoted(JSON.stringify(value))}`]
}

/** `--budget-steps 32` as a setting. */
export function parseRemedy(remedy: string): { readonly name: string; readonly value: number } {
  const [key, value] = remedy.split(' ')
  return { name: camelCase(key.replace(/^--/, '')), value: Number(value) }
}
