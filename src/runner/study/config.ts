import { resolve } from 'node:path'
import { z } from 'zod'
import { baselineNames } from '../../agents/schedules/baselines.ts'
import { populationSearches, searchNames } from '../../agents/search/population-searches.ts'
import { inputError, LayergymError } from '../../common/error.ts'
import { parseAgentConfig } from '../agent-config.ts'
import {
  CONTROL_KEYS,
  type ControlKey,
  type FineTuneConfig,
  fineTuneSchema,
  integer,
  kebabCase,
  parseConfig,
  real,
  withAbsolutePaths,
} from '../config.ts'
import type { Container } from '../container.ts'

const settings = z.record(z.string(), z.unknown())
/** Names are part of files' names. */
const named = z.record(
  z.string().regex(/^[\w .,;+=()-]{1,80}$/, 'a name has letters, digits and simple signs'),
  settings,
)
const { out, overwrite } = fineTuneSchema.shape

/** What both commands read of one file: `learn-policy` the instances to train on, `study` those that are held out. */
const fileShape = {
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
    .describe("points of accuracy by which a contender may fall short and be called 'not worse'"),
  seeds: integer(1, 1000).default(5).describe('seeds of each instance: of splits, data order and heads'),
  out,
  overwrite,
}

export const studySchema = z.strictObject({
  ...fileShape,
  on: z.enum(['held-out', 'train']).default('held-out').describe('which instances to compare on'),
  shard: z
    .string()
    .regex(/^\d+\/\d+$/, 'give i/n, as in 1/2')
    .optional()
    .describe('do this part of the work alone, as in 1/2: several processes fill one folder'),
})

export type StudyConfig = z.infer<typeof studySchema>

const optional = <T extends z.ZodType>(field: z.ZodDefault<T>) =>
  field
    .removeDefault()
    .optional()
    .describe(field.description ?? '')

/** Settings that are about agents; what isn't said is what an instance's settings say, then the default. */
const controlShape = Object.fromEntries(
  CONTROL_KEYS.map(key => [key, optional(fineTuneSchema.shape[key] as z.ZodDefault<z.ZodType>)]),
) as { [key in ControlKey]: z.ZodOptional<z.ZodType<FineTuneConfig[key]>> }

export const learnPolicySchema = z.strictObject({
  ...fileShape,
  ...controlShape,
  plugin: optional(fineTuneSchema.shape.plugin),
  checkpointEvery: fineTuneSchema.shape.checkpointEvery,
})

export type LearnPolicyConfig = z.infer<typeof learnPolicySchema>

/** Whether a run folder's configuration is of `study`. */
export function isStudyConfig(config: unknown): config is StudyConfig {
  return typeof config === 'object' && config !== null && 'contenders' in config && 'on' in config
}

/** Whether a run folder's configuration is of `learn-policy`. */
export function isLearnPolicyConfig(config: unknown): config is LearnPolicyConfig {
  return typeof config === 'object' && config !== null && 'train' in config && !('on' in config)
}

/** One of what is compared: a schedule, a learned policy, or an agent or a search that learns on the instance itself. */
const contenderSchema = z.strictObject({
  schedule: z.enum(baselineNames).optional(),
  rates: z
    .array(real(0, 1e-2))
    .min(2)
    .optional()
    .describe('a static schedule of the user: a rate a group, the head last; 0 freezes'),
  rate: real(1e-6, 1e-2).optional().describe("of a schedule's backbone (default: the likeliest)"),
  headRate: real(1e-6, 1e-2).optional().describe("of a schedule's head"),
  tries: integer(1, 9)
    .optional()
    .describe(
      'rates that a schedule tries on the instance itself; the best on the reward split is kept, all are paid (default: none, one run)',
    ),
  policy: z.string().optional().describe('a learned policy, applied without learning'),
  search: z.enum(searchNames).optional().describe('a search that leaves runs and takes them up again'),
  searchConfig: settings.optional(),
  tuned: z
    .strictObject({
      on: z.array(z.string()).min(1).describe('instances that its settings were chosen on'),
      seeds: z.array(z.int()).min(1).describe('seeds that they were chosen with'),
      grid: z
        .record(z.string(), z.array(z.number()).min(1))
        .describe('values that were tried, by setting; of rates, those of the groups that move'),
    })
    .optional()
    .describe('where its settings come from, if they were chosen'),
  budget: real(1, 10_000)
    .optional()
    .describe(
      'what learning or searching on the instance itself may cost, in budgets of one run (default: 16)',
    ),
  ...controlShape,
})

type Kind = 'schedule' | 'rates' | 'policy' | 'search' | 'agent'

export type Contender = z.infer<typeof contenderSchema> & {
  readonly id: string
  readonly kind: Kind
  /** Those of an agent that were given. */
  readonly agentSettings: Partial<Pick<FineTuneConfig, ControlKey>>
}

/** What goes with each kind of contender, besides what names it. */
const BELONGS: Readonly<Record<Kind, readonly string[]>> = {
  schedule: ['rate', 'headRate', 'tries'],
  rates: [],
  policy: [],
  search: ['searchConfig', 'budget'],
  agent: [...CONTROL_KEYS, 'budget'],
}
const KINDS = Object.keys(BELONGS) as readonly Kind[]

/** @throws input error naming the contender and what is wrong with it */
export function parseContenders(given: StudyConfig['contenders']): readonly Contender[] {
  const contenders = Object.entries(given).map(([id, values]) =>
    naming(`contender '${id}'`, () => parseContender(id, values)),
  )
  if (contenders.length === 0)
    throw inputError(
      'study.contenders',
      "'contenders' is empty: name what to compare, as in full: {schedule: fullFineTune}",
    )
  return contenders
}

function parseContender(id: string, values: Readonly<Record<string, unknown>>): Contender {
  const parsed = parseConfig(contenderSchema, values)
  const kinds = KINDS.filter(kind => parsed[kind] !== undefined)
  if (kinds.length !== 1) {
    const found = kinds.length === 0 ? 'none' : kinds.join(' and ')
    throw inputError(
      'study.contender',
      `it needs one of schedule, rates, policy, search and agent, and has ${found}`,
    )
  }
  const [kind] = kinds
  const foreign = (Object.keys(parsed) as (keyof typeof parsed)[]).filter(
    key => parsed[key] !== undefined && key !== kind && key !== 'tuned' && !BELONGS[kind].includes(key),
  )
  if (foreign.length > 0) {
    const takes = BELONGS[kind].length === 0 ? 'nothing else' : BELONGS[kind].map(kebabCase).join(', ')
    throw inputError(
      'study.contender',
      `${foreign.map(key => `'${kebabCase(key)}'`).join(', ')} says nothing to a contender with '${kind}', which takes ${takes}`,
    )
  }
  if (parsed.tries !== undefined && (parsed.rate ?? parsed.headRate) !== undefined)
    throw inputError(
      'study.contender',
      "it has rates to take, and 'tries' to find some: leave out one of them",
    )
  const agentSettings = Object.fromEntries(
    CONTROL_KEYS.filter(key => parsed[key] !== undefined).map(key => [key, parsed[key]]),
  )
  return { ...parsed, id, kind, agentSettings }
}

const PATHS = ['model', 'data', 'cache', 'policy'] as const

/** Paths made absolute, so that a run can be resumed from any folder. */
export function withAbsoluteInstances<
  C extends Pick<StudyConfig, 'settings' | 'train' | 'heldOut' | 'contenders'>,
>(config: C): C {
  const absolute = (own: Readonly<Record<string, unknown>>) => ({
    ...own,
    ...Object.fromEntries(
      PATHS.filter(key => typeof own[key] === 'string').map(key => [key, resolve(String(own[key]))]),
    ),
  })
  const each = (all: StudyConfig['train']) =>
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
  config: Pick<StudyConfig, 'settings'>,
  id: string,
  own: Readonly<Record<string, unknown>>,
  overrides: Partial<FineTuneConfig>,
): FineTuneConfig {
  return naming(`instance '${id}'`, () =>
    withAbsolutePaths(parseConfig(fineTuneSchema, { ...config.settings, ...own, ...overrides })),
  )
}

/** @throws input error naming a contender whose agent or search isn't known, or can't be set so */
export function checkContenders(contenders: readonly Contender[], container: Container): void {
  for (const { id, agent, agentConfig = {}, search, searchConfig = {} } of contenders) {
    naming(`contender '${id}'`, () => {
      if (search !== undefined) parseAgentConfig(search, populationSearches[search].config, searchConfig)
      if (agent !== undefined) parseAgentConfig(agent, container.agent(agent).config, agentConfig)
    })
  }
}

/** Says in errors what they are about. */
function naming<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof LayergymError)) throw error
    throw inputError(error.code, `${what}: ${error.message}`)
  }
}
