import { z } from 'zod'
import type { Agent } from './agent.ts'

/** A learning rate, or a share of a network that goes into another. */
export const rate = z.number().positive().max(1)
/** From nothing to all. */
export const share = z.number().min(0).max(1)
/** Of things of which there is one at least. */
export const count = z.number().int().min(1)
/** Units of each hidden layer. */
export const hiddenUnits = z.array(z.number().int().min(1).max(4096)).max(8)

/** What was given of some settings: what is undefined leaves a preset's value alone. */
export function givenOf<S extends object>(settings: S): { [K in keyof S]?: Exclude<S[K], undefined> } {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as { [K in keyof S]?: Exclude<S[K], undefined> }
}

/** What one update takes: episodes where their number is given, steps else. */
export function appetiteOf(
  { episodesPerUpdate }: { readonly episodesPerUpdate?: number },
  steps: number,
): Agent<unknown, unknown>['appetite'] {
  return episodesPerUpdate === undefined
    ? { unit: 'step', count: steps }
    : { unit: 'episode', count: episodesPerUpdate }
}
