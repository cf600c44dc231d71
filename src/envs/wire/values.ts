import { inputError } from '../../common/error.ts'
import type { Space } from '../env.ts'
import { DTYPES } from '../spaces/dtype.ts'
import {
  Box,
  Dict,
  Discrete,
  type Dtype,
  Graph,
  type GraphValue,
  MultiBinary,
  MultiDiscrete,
  type NumbersOf,
  OneOf,
  Sequence,
  Text,
  Tuple,
} from '../spaces.ts'
import type { Reader, Writer } from './bytes.ts'

/**
 * Values of a space, column by column, so that numpy reads a batch with one call a leaf. Of `count` values:
 * - Discrete: int32 [count]; MultiDiscrete: int32 [count, sizes]; MultiBinary: uint8 [count, n]
 * - Box: its numbers [count, ...shape], of its dtype
 * - Text: each as text; OneOf: each as int32 index and a batch of one; Sequence: each as uint32 length and a batch of so many
 * - Graph: each as uint32 nodes, uint32 edges, a batch of the nodes, and where there are edges a batch of them and their
 *   links, int32 [edges, 2]
 * - Dict, Tuple: the batches of their parts, in the description's order
 * A leaf begins at a multiple of eight bytes from the frame's beginning.
 */
export function writeBatch(writer: Writer, space: Space<unknown>, values: readonly unknown[]): void {
  if (space instanceof Box) {
    writer.align()
    for (const value of values) writer.array(numbersOf(value, space))
  } else if (space instanceof Discrete) {
    writer.align()
    for (const value of values) writer.i32(value as number)
  } else if (space instanceof MultiDiscrete) {
    writer.align()
    for (const value of values) for (const choice of value as readonly number[]) writer.i32(choice)
  } else if (space instanceof MultiBinary) {
    writer.align()
    for (const value of values) writer.raw(value as Uint8Array)
  } else if (space instanceof Dict) {
    for (const [key, part] of Object.entries(space.spaces)) {
      const column = values.map(value => (value as Readonly<Record<string, unknown>>)[key])
      writeBatch(writer, part as Space<unknown>, column)
    }
  } else if (space instanceof Tuple) {
    for (const [i, part] of space.spaces.entries()) {
      const column = values.map(value => (value as readonly unknown[])[i])
      writeBatch(writer, part, column)
    }
  } else if (space instanceof Text) {
    for (const value of values) writer.text(value as string)
  } else if (space instanceof OneOf) {
    for (const value of values) {
      const [index, inner] = value as readonly [number, unknown]
      writer.i32(index)
      writeBatch(writer, space.spaces[index], [inner])
    }
  } else if (space instanceof Sequence) {
    for (const value of values) {
      const list = value as readonly unknown[]
      writer.u32(list.length)
      writeBatch(writer, space.space, list)
    }
  } else if (space instanceof Graph) {
    for (const value of values) writeGraph(writer, space, value as GraphValue)
  } else throw unknownKind(space)
}

function writeGraph(writer: Writer, space: AnyGraph, { nodes, edges, edgeLinks }: GraphValue): void {
  writer.u32(nodes.length)
  writer.u32(edges?.length ?? 0)
  writeBatch(writer, space.nodeSpace, nodes)
  if (space.edgeSpace === undefined || edges === undefined || edgeLinks === undefined) return
  if (edges.length === 0) return
  writeBatch(writer, space.edgeSpace, edges)
  writer.align()
  writer.array(edgeLinks)
}

/** The values that `writeBatch` wrote. @throws input error where the bytes end before they do */
export function readBatch(reader: Reader, space: Space<unknown>, count: number): readonly unknown[] {
  if (space instanceof Box) {
    reader.align()
    const { array, bytes } = DTYPES[space.dtype as Dtype]
    return times(count, () => new array(reader.raw(bytes * space.flatSize).buffer))
  }
  if (space instanceof Discrete) {
    reader.align()
    return times(count, () => reader.i32())
  }
  if (space instanceof MultiDiscrete) {
    reader.align()
    return times(count, () => space.sizes.map(() => reader.i32()))
  }
  if (space instanceof MultiBinary) {
    reader.align()
    return times(count, () => reader.raw(space.n))
  }
  if (space instanceof Dict) {
    const columns = Object.entries(space.spaces).map(
      ([key, part]) => [key, readBatch(reader, part as Space<unknown>, count)] as const,
    )
    return times(count, i => Object.fromEntries(columns.map(([key, column]) => [key, column[i]])))
  }
  if (space instanceof Tuple) {
    const parts: readonly Space<unknown>[] = space.spaces
    const columns = parts.map(part => readBatch(reader, part, count))
    return times(count, i => columns.map(column => column[i]))
  }
  if (space instanceof Text) return times(count, () => reader.text())
  if (space instanceof OneOf) return times(count, () => readOne(reader, space))
  if (space instanceof Sequence) return times(count, () => readSequence(reader, space))
  if (space instanceof Graph) return times(count, () => readGraph(reader, space))
  throw unknownKind(space)
}

function readOne(reader: Reader, { spaces }: OneOf): readonly [number, unknown] {
  const index = reader.i32()
  const space = spaces[index]
  if (space === undefined)
    throw inputError('wire.value', `a OneOf of ${spaces.length} spaces has no index ${index}`)
  return [index, readBatch(reader, space, 1)[0]]
}

function readSequence(reader: Reader, { space, maxLength }: Sequence<unknown>): readonly unknown[] {
  return readBatch(reader, space, countOf(reader, 'values of a Sequence', maxLength))
}

function readGraph(reader: Reader, { nodeSpace, edgeSpace, maxNodes, maxEdges }: AnyGraph): GraphValue {
  const nodeCount = countOf(reader, 'nodes of a Graph', maxNodes)
  const edgeCount = countOf(reader, 'edges of a Graph', maxEdges)
  const nodes = readBatch(reader, nodeSpace, nodeCount)
  if (edgeSpace === undefined || edgeCount === 0) return { nodes }
  const edges = readBatch(reader, edgeSpace, edgeCount)
  reader.align()
  return { nodes, edges, edgeLinks: new Int32Array(reader.raw(8 * edgeCount).buffer) }
}

/** @throws input error before memory is asked for */
function countOf(reader: Reader, what: string, most: number): number {
  const count = reader.u32()
  if (count <= most) return count
  throw inputError('wire.value', `${count} ${what}: there are at most ${most}`)
}

type AnyGraph = Graph<unknown, unknown>

/** @throws input error for a space of somebody's own, whose values have no form on the wire */
export function checkWire(space: Space<unknown>): void {
  if (space instanceof Dict) for (const part of Object.values(space.spaces)) checkWire(part as Space<unknown>)
  else if (space instanceof Tuple || space instanceof OneOf) space.spaces.forEach(checkWire)
  else if (space instanceof Sequence) checkWire(space.space)
  else if (space instanceof Graph) {
    checkWire(space.nodeSpace)
    if (space.edgeSpace !== undefined) checkWire(space.edgeSpace)
  } else if (!LEAVES.some(kind => space instanceof kind)) throw unknownKind(space)
}

const LEAVES = [Box, Discrete, MultiDiscrete, MultiBinary, Text] as const

function times<T>(count: number, make: (index: number) => T): T[] {
  const made = new Array<T>(count)
  for (let i = 0; i < count; i++) made[i] = make(i)
  return made
}

/** A value of another length would shift all that follows. */
function numbersOf(value: unknown, { dtype, flatSize }: Box<Dtype>): NumbersOf[Dtype] {
  const { array } = DTYPES[dtype]
  if (value instanceof array && value.length === flatSize) return value
  throw inputError(
    'wire.value',
    `a Box's value is a ${array.name} of ${flatSize}, not ${JSON.stringify(value)}`,
  )
}

function unknownKind(space: Space<unknown>): Error {
  return inputError(
    'wire.space',
    `a space of the kind '${space.kind}' can't be sent: wrap the environment so that it has spaces that ship`,
  )
}
