import { z } from 'zod'
import { inputError } from '../../common/error.ts'
import type { Space } from '../env.ts'
import { Box } from './box.ts'
import { Dict, Tuple } from './composite.ts'
import { Discrete } from './discrete.ts'
import { DTYPES, type Dtype } from './dtype.ts'
import { Graph } from './graph.ts'
import { MultiBinary, MultiDiscrete } from './multi.ts'
import { OneOf } from './one-of.ts'
import { Sequence } from './sequence.ts'
import { Text } from './text.ts'

/**
 * The space that `space.toJSON()` described.
 * @throws input error when it describes none
 */
export function spaceFromJSON(json: unknown): Space<unknown> {
  const result = description.safeParse(json)
  if (!result.success) {
    const [{ path, message }] = result.error.issues
    const at = path.length === 0 ? '' : ` (at ${path.join('.')})`
    throw inputError('space.json', `${JSON.stringify(json)} describes no space: ${message}${at}`)
  }
  return build(result.data)
}

const size = z.number().int().min(1)
const number = z.union([
  z.number(),
  z.literal('inf').transform(() => Infinity),
  z.literal('-inf').transform(() => -Infinity),
])
const dtypes = Object.keys(DTYPES) as [Dtype, ...Dtype[]]
const bound = z.union([number, z.array(number)])

const description = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('discrete'), n: size, start: z.number().int().default(0) }),
  z.object({
    kind: z.literal('box'),
    low: bound,
    high: bound,
    shape: z.array(size),
    dtype: z.enum(dtypes).optional(),
  }),
  z.object({ kind: z.literal('multi-discrete'), sizes: z.array(size).min(1) }),
  z.object({ kind: z.literal('multi-binary'), n: size }),
  z.object({ kind: z.literal('dict'), spaces: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('tuple'), spaces: z.array(z.unknown()) }),
  z.object({ kind: z.literal('one-of'), spaces: z.array(z.unknown()).min(1) }),
  z.object({ kind: z.literal('sequence'), space: z.unknown(), maxLength: size }),
  z.object({
    kind: z.literal('graph'),
    nodeSpace: z.unknown(),
    edgeSpace: z.unknown().nullable(),
    maxNodes: size,
    maxEdges: size.or(z.literal(0)),
  }),
  z.object({
    kind: z.literal('text'),
    maxLength: size,
    minLength: size.or(z.literal(0)),
    characters: z.string().min(1),
  }),
])

function build(space: z.infer<typeof description>): Space<unknown> {
  switch (space.kind) {
    case 'discrete':
      return new Discrete(space.n, space.start)
    case 'box':
      return new Box<Dtype>(space.low, space.high, space.shape, space.dtype)
    case 'multi-discrete':
      return new MultiDiscrete(space.sizes)
    case 'multi-binary':
      return new MultiBinary(space.n)
    case 'dict': {
      const parts = Object.entries(space.spaces).map(([key, part]) => [key, spaceFromJSON(part)] as const)
      return new Dict(Object.fromEntries(parts))
    }
    case 'tuple':
      return new Tuple(...space.spaces.map(spaceFromJSON))
    case 'one-of':
      return new OneOf(...space.spaces.map(spaceFromJSON))
    case 'sequence':
      return new Sequence(spaceFromJSON(space.space), space.maxLength)
    case 'graph': {
      const edges = space.edgeSpace === null ? undefined : spaceFromJSON(space.edgeSpace)
      return new Graph(spaceFromJSON(space.nodeSpace), edges, space)
    }
    case 'text':
      return new Text(space.maxLength, space)
  }
}
