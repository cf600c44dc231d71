import { type Node, typeAttribute } from './graph-def.ts'
import type { Place, Trace } from './trace.ts'

/** What is wanted of a trace. */
export interface Part {
  /** Names of arguments, in the order of the part's own. */
  readonly inputs: readonly string[]
  /** The first argument instead of one of them: what this place gave is given from outside. */
  readonly entering?: Place
  readonly outputs: readonly string[]
}

const ENTERING = 'entering'

/**
 * A part of a traced function as a function of its own, without tracing anything: what leads to fewer results, from
 * later on. Its operations are those of the whole.
 * @returns undefined where the results need an argument that isn't given
 */
export function partOf(trace: Trace, { inputs, entering, outputs }: Part): Trace | undefined {
  const given = entering === undefined ? inputs : [ENTERING, ...inputs]
  const nodes = entering === undefined ? trace.nodes : [placeholder(entering), ...cut(trace.nodes, entering)]
  const needed = ancestors(nodes, [...outputs, ...given])
  const others = trace.inputs.filter(name => needed.has(name) && !inputs.includes(name))
  const open = new Set([...trace.variables.keys(), ...liveArguments(trace)])
  if (others.some(name => !open.has(name))) return undefined
  return {
    ...trace,
    nodes: nodes.filter(({ name }) => needed.has(name)),
    inputs: [...given, ...others],
    outputs,
    marks: new Map(),
  }
}

function placeholder({ shape, dtype }: Place): Node {
  return {
    name: ENTERING,
    op: 'Placeholder',
    inputs: [],
    attributes: { dtype: typeAttribute(dtype), shape: { kind: 'shape', value: shape } },
  }
}

/** Whoever read the place reads what is given instead. */
function cut(nodes: readonly Node[], { value }: Place): readonly Node[] {
  return nodes.map(node => {
    if (!node.inputs.includes(value)) return node
    return { ...node, inputs: node.inputs.map(input => (input === value ? ENTERING : input)) }
  })
}

/** Names of all nodes that lead to these values; a node comes after those that it reads. */
function ancestors(nodes: readonly Node[], values: readonly string[]): ReadonlySet<string> {
  const needed = new Set(values.map(nodeOf))
  for (const { name, inputs } of nodes.toReversed())
    if (needed.has(name)) for (const input of inputs) needed.add(nodeOf(input))
  return needed
}

function nodeOf(value: string): string {
  return value.split(':')[0]
}

function liveArguments({ live }: Trace): readonly string[] {
  return live.flatMap(({ events }) =>
    events.flatMap(event => ('op' in event || event.argument === undefined ? [] : [event.argument])),
  )
}
