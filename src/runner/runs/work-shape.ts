import { z } from 'zod'
import { integer, real } from '../../common/settings.ts'

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
