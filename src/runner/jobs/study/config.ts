import { z } from 'zod'
import { inputError } from '../../../common/error.ts'
import { camelCase, integer, kebabCase, parseConfig, real } from '../../../common/settings.ts'
import { CONTROL_KEYS, type ControlKey, type FineTuneConfig } from '../../instances/config.ts'
import { controlShape, manyShape, naming } from '../../instances/many-config.ts'
import { parseAgentConfig } from '../../plugins/agent-config.ts'
import type { Container } from '../../plugins/container.ts'

export const studySchema = z.strictObject({
  ...manyShape,
  on: z.enum(['held-out', 'train']).default('held-out').describe('which instances to compare on'),
  shard: z
    .string()
    .regex(/^\d+\/\d+$/, 'give i/n, as in 1/2')
    .optional()
    .describe(
      'do this part of the work alone, as in 1/2: several processes fill one folder; auto: the part that Slurm, PBS, LSF, Grid Engine or Kubernetes gave this task',
    ),
})

export type StudyConfig = z.infer<typeof studySchema>

/** One of what is compared: a schedule, a learned policy, or an agent or a search that learns on the instance itself. */
const contenderSchema = z.strictObject({
  schedule: z.string().optional().describe('a schedule (layergym list schedules)'),
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
  search: z
    .string()
    .optional()
    .describe('a search that leaves runs and takes them up again (layergym list searches)'),
  searchConfig: z.record(z.string(), z.unknown()).optional(),
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

/**
 * The same contenders with all settings of their agents and searches, defaults included.
 * @param own an instance's settings: what a contender doesn't say
 * @throws input error naming a contender whose agent or search isn't known, or can't be set so
 */
export function wholeContenders(
  contenders: readonly Contender[],
  given: StudyConfig['contenders'],
  container: Container,
  own: FineTuneConfig,
): StudyConfig['contenders'] {
  const whole = contenders.map(contender => {
    const settings = naming(`contender '${contender.id}'`, () => wholeSettings(contender, container, own))
    const camel = Object.entries(given[contender.id]).map(([key, value]) => [camelCase(key), value])
    return [contender.id, { ...Object.fromEntries(camel), ...settings }]
  })
  return Object.fromEntries(whole)
}

function wholeSettings(contender: Contender, container: Container, own: FineTuneConfig) {
  const { agent, agentConfig = {}, search, searchConfig = {} } = contender
  if (contender.schedule !== undefined) container.get('schedules', contender.schedule)
  if (search !== undefined) {
    const { config } = container.get('searches', search)
    return { searchConfig: parseAgentConfig(search, config, searchConfig) }
  }
  if (agent === undefined) return {}
  const definition = container.get('agents', agent)
  const config = parseAgentConfig(agent, definition.config, agentConfig)
  // A joint agent's actions are known with the network alone; its outcomes have the preset's settings.
  if ((contender.control ?? own.control) === 'joint') return { agentConfig: config }
  const { space } = container.get('actions', contender.actions ?? own.actions)
  return { agentConfig: definition.settings?.({ config, actionSpace: space }) ?? config }
}
