import { distance } from 'fastest-levenshtein'
import { inputError, type LayergymError } from './error.ts'

/** The allowed name nearest to `given`, or undefined when none is near enough to be a slip of the keys. */
export function nearest(given: string, allowed: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(given.length / 3)) + 1
  for (const name of allowed) {
    const d = distance(given.toLowerCase(), name.toLowerCase())
    if (d < bestDistance) {
      best = name
      bestDistance = d
    }
  }
  return best
}

/** "unknown agent 'reinforc': did you mean 'reinforce'? (known: random, reinforce)". */
export function unknownName(what: string, given: string, allowed: Iterable<string>): LayergymError {
  const names = [...allowed]
  const near = nearest(given, names)
  const hint = near === undefined ? '' : `: did you mean '${near}'?`
  return inputError(`${what}.unknown`, `unknown ${what} '${given}'${hint} (known: ${names.join(', ')})`)
}
