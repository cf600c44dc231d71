import type { Running, Unit } from './job.ts'
import type { Done } from './units.ts'

/**
 * Does many units, as many at once as the run has room for; the others are made when their turn comes.
 * @param tolerant a unit's failure is what it came to; else it ends the run
 * @returns in the order of the units
 */
export async function performAll<T>(
  { perform, atOnce }: Running,
  units: readonly Unit<T>[],
  tolerant: boolean,
): Promise<readonly Done<T>[]> {
  const done: Done<T>[] = []
  let next = 0
  const goOn = async () => {
    while (next < units.length) {
      const index = next++
      done[index] = await perform(units[index], tolerant)
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, units.length) }, goOn))
  return done
}
