import { resolve } from 'node:path'
import { z } from 'zod'
import { inputError, LayergymError } from '../../common/error.ts'
import { integer, parseConfig, real } from '../../common/settings.ts'
import { logShape } from '../runs/figure-log.ts'
import { workShape } from '../runs/work-shape.ts'
import {
  CONTROL_KEYS,
  type ControlKey,
  type FineTuneConfig,
  fineTuneSchema,
  withAbsolutePaths,
} from './config.ts'

const settings = z.record(z.string(), z.unknown())
/** Names are part of files' names. */
const named = z.record(
  z.string().regex(/^[\w .,;+=()-]{1,80}$/, 'a name has letters, digits and simple signs'),
  settings,
)
const { out, overwrite } = fineTuneSchema.shape

/** What both commands read of one file: `learn-policy` the instances to train on, `study` those that are held out. */
export const manyShape = {
  settings: settings.default({}).describe('settings of fine-tune that all instances share'),
  train: named
    .default({})
    .describe('instances to learn on, by name, each with settings of its own: model, data…'),
  heldOut: named.default({}).describe('instances to compare on, by name'),
  contenders: named.default({}).describe('what is compared, by name'),
  seed: integer(0, 2 ** 31 - 1)
    .default(1)
    .describe('the first seed; the others follow it'),
  reference: z
    .string()
    .optional()
    .describe('the contender that the others are compared with (default: the first)'),
  pairs: z
    .enum(['reference', 'all'])
    .default('reference')
    .describe('which differences are claimed: those from the reference, or those of every pair'),
  margin: real(0, 100)
    .default(2)
    .describe("points of what counts by which a contender may fall short and be called 'not worse'"),
  seeds: integer(1, 1000).default(5).describe('seeds of each instance: of splits, data order and heads'),
  ...workShape,
  ...logShape,
  out,
  overwrite,
}

/** What both kinds that play on many instances are configured with. */
export type ManyConfig = z.infer<z.ZodObject<typeof manyShape>>

/** Without its default: what isn't said is decided elsewhere. */
export const optional = <T extends z.ZodType>(field: z.ZodDefault<T>) =>
  field
    .removeDefault()
    .optional()
    .describe(field.description ?? '')

/** Settings that are about agents; what isn't said is what an instance's settings say, then the default. */
export const controlShape = Object.fromEntries(
  CONTROL_KEYS.map(key => [key, optional(fineTuneSchema.shape[key] as z.ZodDefault<z.ZodType>)]),
) as { [key in ControlKey]: z.ZodOptional<z.ZodType<FineTuneConfig[key]>> }

const PATHS = ['model', 'data', 'cache', 'policy'] as const

/** Paths made absolute, so that a run can be resumed from any folder. */
export function withAbsoluteInstances<
  C extends Pick<ManyConfig, 'settings' | 'train' | 'heldOut' | 'contenders'>,
>(config: C): C {
  const absolute = (own: Readonly<Record<string, unknown>>) => ({
    ...own,
    ...Object.fromEntries(
      PATHS.filter(key => typeof own[key] === 'string').map(key => [key, resolve(String(own[key]))]),
    ),
  })
  const each = (all: ManyConfig['train']) =>
    Object.fromEntries(Object.entries(all).map(([id, own]) => [id, absolute(own)]))
  return {
    ...config,
    settings: absolute(config.settings),
    train: each(config.train),
    heldOut: each(config.heldOut),
    contenders: each(config.contenders),
  }
}

/**
 * The settings of fine-tune for one instance.
 * @throws input error naming the instance and what is wrong with it
 */
export function instanceConfig(
  config: Pick<ManyConfig, 'settings'>,
  id: string,
  own: Readonly<Record<string, unknown>>,
  overrides: Partial<FineTuneConfig>,
): FineTuneConfig {
  return naming(`instance '${id}'`, () =>
    withAbsolutePaths(parseConfig(fineTuneSchema, { ...config.settings, ...own, ...overrides })),
  )
}

/** Says in errors what they are about. */
export function naming<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof LayergymError)) throw error
    throw inputError(error.code, `${what}: ${error.message}`)
  }
}
