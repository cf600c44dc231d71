import { z } from 'zod'
import { inputError, messageOf } from '../../common/error.ts'
import { readTextFile } from '../../common/regular-file.ts'
import { defineEnv } from '../definition.ts'
import { optimum } from './optimum.ts'
import { type Mdp, type Outcome, TabularEnv } from './tabular.ts'

const nodeSchema = z.object({
  path: z.array(z.int().min(0)).min(1),
  reward: z.number(),
  terminated: z.boolean(),
})

const tableSchema = z.object({
  format: z.literal('layergym table 1'),
  choices: z.array(z.string()).min(1),
  nodes: z.array(nodeSchema).min(1),
})

/** Every course that an episode can take: what each round paid after each sequence of choices. */
export type Table = z.infer<typeof tableSchema>

/** @throws input error where the file is none, or has gaps */
export async function readTable(path: string): Promise<Table> {
  const wrong = (why: string) => inputError('table.file', `${path} is no table of layergym tabulate: ${why}`)
  let content: unknown
  try {
    content = JSON.parse(await readTextFile(path))
  } catch (error) {
    throw wrong(messageOf(error))
  }
  const parsed = tableSchema.safeParse(content)
  if (!parsed.success)
    throw wrong(`${parsed.error.issues[0].path.join('.')}: ${parsed.error.issues[0].message}`)
  const { choices, nodes } = parsed.data
  const gap = firstGap(choices, nodes)
  if (gap !== undefined) throw wrong(`the course ${gap} is missing`)
  return parsed.data
}

/** Looks at no more courses than there are, however many choices the file names. */
function firstGap(choices: Table['choices'], nodes: Table['nodes']): string | undefined {
  const known = new Set(nodes.map(({ path }) => keyOf(path)))
  const parents = [[], ...nodes.flatMap(({ path, terminated }) => (terminated ? [] : [path]))]
  for (const path of parents)
    for (let choice = 0; choice < choices.length; choice++) {
      const child = keyOf([...path, choice])
      if (!known.has(child)) return child
    }
  return undefined
}

/**
 * The same as a process: a state for the start and one for every course so far, those that go on first; an action is a
 * choice. Agents see which course they are on; after the end, that it is over.
 */
export function tableMdp({ choices, nodes }: Table): Mdp {
  const inner = nodes.filter(({ terminated }) => !terminated)
  const states = [undefined, ...inner, ...nodes.filter(({ terminated }) => terminated)]
  const places = new Map(states.map((node, state) => [keyOf(node?.path ?? []), state]))
  const over = inner.length + 1
  const next = states.slice(0, over).map(node =>
    choices.map((_, choice): readonly Outcome[] => {
      const child = places.get(keyOf([...(node?.path ?? []), choice])) as number
      const { reward, terminated } = states[child] as Table['nodes'][number]
      return [{ probability: 1, next: child, reward, terminated }]
    }),
  )
  return {
    states: states.length,
    actions: choices.length,
    start: states.map((_, state) => (state === 0 ? 1 : 0)),
    observations: over + 1,
    observe: state => Math.min(state, over),
    outcomes: (state, action) =>
      next[state]?.[action] ?? [{ probability: 1, next: state, reward: 0, terminated: true }],
    draw: state => states[state]?.path.map(choice => choices[choice]).join(', ') ?? 'the start',
  }
}

const keyOf = (path: readonly number[]): string => path.join('/')

/** So far below the optimum a sum of the same rewards may come out. */
const ROUNDING = 1e-9

/** A table replayed; it counts as solved at the best return that there is. */
export const tableEnv = defineEnv({
  description: 'fine-tuning from a table of all its courses (layergym tabulate): exact optimum, microseconds',
  options: z.strictObject({ table: z.string().describe("a tabulate run's table.json") }),
  async make(spec, options) {
    const mdp = tableMdp(await readTable(options.table))
    return new TabularEnv({ ...spec, rewardThreshold: optimum(mdp).expectedReturn - ROUNDING }, mdp)
  },
})
