import { Writer } from './protobuf.ts'

/** Values as they lie in memory, and what they are. */
export interface TensorValue {
  /** TensorFlow's number of the type. */
  readonly dtype: number
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

export type Attribute =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'int' | 'float' | 'type'; readonly value: number }
  | { readonly kind: 'ints' | 'floats' | 'shape'; readonly value: readonly number[] }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'tensor'; readonly value: TensorValue }

/** One node of a TensorFlow graph; inputs are `node` or `node:output`. */
export interface Node {
  readonly name: string
  readonly op: string
  readonly inputs: readonly string[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

export const FLOAT = 1
export const INT32 = 3

export const typeAttribute = (dtype: number): Attribute => ({ kind: 'type', value: dtype })

/** Newer than any version whose graphs TensorFlow 2 upgrades as it reads them. */
const PRODUCER = 2000
/** Above it, values that are all the same are written once. */
const SPLAT_BYTES = 64

/** A GraphDef (tensorflow/core/framework/graph.proto), serialised. */
export function graphDef(nodes: readonly Node[]): Uint8Array {
  const graph = new Writer()
  for (const { name, op, inputs, attributes } of nodes) {
    graph.message(1, node => {
      node.text(1, name).text(2, op)
      for (const input of inputs) node.text(3, input)
      for (const [key, attribute] of Object.entries(attributes))
        node.message(5, entry => entry.text(1, key).message(2, value => write(value, attribute)))
    })
  }
  return graph.message(4, versions => versions.int(1, PRODUCER)).finish()
}

function write(to: Writer, { kind, value }: Attribute): void {
  switch (kind) {
    case 'string':
      to.text(2, value)
      return
    case 'int':
      to.int(3, value)
      return
    case 'float':
      to.float(4, value)
      return
    case 'bool':
      to.int(5, value ? 1 : 0)
      return
    case 'type':
      to.int(6, value)
      return
    case 'shape':
      to.message(7, shape => writeShape(shape, value))
      return
    case 'tensor':
      to.message(8, tensor => writeTensor(tensor, value))
      return
    case 'ints':
      to.message(1, list => {
        for (const one of value) list.int(3, one)
      })
      return
    case 'floats':
      to.message(1, list => {
        for (const one of value) list.float(4, one)
      })
  }
}

function writeShape(to: Writer, shape: readonly number[]): void {
  for (const side of shape) to.message(2, dimension => dimension.int(1, side))
}

function writeTensor(to: Writer, { dtype, shape, bytes }: TensorValue): void {
  to.int(1, dtype).message(2, dimensions => writeShape(dimensions, shape))
  const words =
    (dtype === FLOAT || dtype === INT32) && bytes.length > SPLAT_BYTES ? wordsOf(bytes) : undefined
  if (words?.every(word => word === words[0]) !== true) to.data(4, bytes)
  else if (dtype === INT32) to.int(7, words[0])
  else to.float(5, new Float32Array(words.buffer, words.byteOffset, 1)[0])
}

function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.slice().buffer)
}
