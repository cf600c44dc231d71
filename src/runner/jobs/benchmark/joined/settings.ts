import { z } from 'zod'
import { integer, names } from '../../../../common/settings.ts'
import { benchmarkSchema } from '../config.ts'

const { scores, references, out, overwrite } = benchmarkSchema.shape

/** What `layergym report` is told. */
export const reportSchema = z.strictObject({
  from: names(z.string()).describe(
    'files or folders with runs, comma-separated: of train and benchmark, monitor.csv, evaluations.npz, TensorBoard files, tidy CSV; NAME=PATH names who learned',
  ),
  env: z.string().optional().describe('environment of the runs that do not say theirs'),
  steps: integer(1, 1e10)
    .optional()
    .describe('environment steps up to which runs are compared (default: those that every run has)'),
  scores,
  references,
  out: out.unwrap().describe('folder for report.html and summary.json'),
  overwrite,
})
