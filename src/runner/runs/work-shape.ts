import { z } from 'zod'
import { inputError } from '../../common/error.ts'
import { integer, real } from '../../common/settings.ts'
import type { RunConfig } from './run-config.ts'

/** Who does the units of a run: no kind's hash depends on it. */
export const workShape = {
  workers: integer(0, 4096)
    .optional()
    .describe('processes that do units (default: cores by threads; 1 on a GPU; 0: those of a --queue alone)'),
  queue: z
    .string()
    .optional()
    .describe(
      'where units are fetched by other machines too: file:FOLDER that all see, or redis://HOST (layergym worker)',
    ),
  verify: z
    .preprocess(given => (typeof given === 'string' ? given.replace(/%$/, '') : given), real(0, 100))
    .optional()
    .describe('percent of the units that are done twice, by different processes, and compared'),
}

/** @throws input error where nobody would do the units, or their figures can't come together */
export function checkWorkShape({ workers, queue, log = [], shard }: RunConfig): void {
  if (workers === 0 && queue === undefined)
    throw inputError('workers.none', "'workers' can't be 0 without a --queue that others fetch from")
  if (log.length > 0 && shard !== undefined)
    throw inputError(
      'log.shard',
      '--log goes with a whole run: of a part, leave it out, or give a --queue instead',
    )
}
