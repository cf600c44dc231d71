import { isDeepStrictEqual } from 'node:util'
import { inputError } from '../../common/error.ts'

/** Where things lie may change: the clips themselves are compared by what is in them. */
const PLACES: readonly string[] = ['out', 'cache', 'data']
const SHOWN = 5

/**
 * A run goes on with the settings that it began with: half of it by others would be no run at all.
 * @param file the configuration's path, for the message
 * @throws input error naming the settings that were changed by hand, before and after
 */
export function refuseEdited(file: string, before: unknown, now: unknown): void {
  const [old, edited] = [before, now].map(settings => new Map(Object.entries(Object(settings))))
  const changes = [...new Set([...old.keys(), ...edited.keys()])]
    .filter(key => !PLACES.includes(key) && !isDeepStrictEqual(old.get(key), edited.get(key)))
    .map(key => `${key} from ${shown(old.get(key))} to ${shown(edited.get(key))}`)
  if (changes.length === 0) return
  const more = changes.length > SHOWN ? `, and ${changes.length - SHOWN} more` : ''
  throw inputError(
    'run.edited',
    `${file} was edited since its run began: ${changes.slice(0, SHOWN).join(', ')}${more}. ` +
      'A run goes on with the settings that it began with: put them back, or start a new one with --config and another --out',
  )
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
