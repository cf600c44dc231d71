import { inputError } from '../../common/error.ts'
import type { Binding, EngineTensor, HostValues, OpAttribute } from './binding.ts'
import { type Attribute, type Node, typeAttribute } from './graph-def.ts'
import { isShapeOperand } from './shape-operands.ts'

/** A tensor that was made of host values while recording. */
interface Made {
  readonly shape: readonly number[]
  readonly dtype: number
  readonly bytes: Uint8Array
  /** Where it was made in a live piece: it becomes an argument unless it says how an operation works. */
  readonly live?: LiveTensor
}

/** A tensor of a live piece: made anew of other values at every call. */
export interface LiveTensor {
  readonly shape: readonly number[]
  readonly dtype: number
  readonly bytes: Uint8Array
  /** The argument that it became, once something read it. */
  argument?: string
  /** Whether it is part of the graph too: its values must stay as they were. */
  constant: boolean
}

/** What a live piece did, in order. */
export interface LivePiece {
  readonly inputs: readonly EngineTensor[]
  readonly events: (LiveTensor | { readonly op: string; readonly outputs: readonly EngineTensor[] })[]
  /** The call of the addon, an operation's name or a method's, that was refused: nothing came after it. */
  refused?: string
}

/** Names of `LivePiece.refused` for calls that are no operation. */
export const CREATE = '(createTensor)'
export const READ = '(tensorDataSync)'

const EQUAL_CONSTANTS_BYTES = 64

/** The graph of what runs through the addon: operations with their attributes, constants, arguments. */
export class Recording {
  readonly nodes: Node[] = []
  readonly live: LivePiece[] = []
  /** Names of arguments in the order of their discovery. */
  readonly arguments: string[] = []
  private piece: LivePiece | undefined
  private readonly values = new Map<number, string>()
  private readonly made = new Map<number, Made>()
  private readonly constants = new Map<string, string>()
  /** Nodes that no argument decides. */
  private readonly fixed = new Set<string>()
  private readonly lazily = new Map<number, () => string>()

  constructor(private readonly binding: Binding) {}

  /** An argument of the function. */
  argument({ id, shape, dtype }: EngineTensor): string {
    const name = `a${this.nodes.length}`
    this.nodes.push({
      name,
      op: 'Placeholder',
      inputs: [],
      attributes: { dtype: typeAttribute(dtype), shape: { kind: 'shape', value: shape } },
    })
    this.arguments.push(name)
    this.values.set(id, name)
    return name
  }

  /** A tensor that becomes an argument when something reads it. */
  whenRead(id: number, become: () => string): void {
    this.lazily.set(id, become)
  }

  /** What `work` makes of host values is made anew at every call. */
  inPiece<T>(inputs: readonly EngineTensor[], work: () => T): T {
    const piece: LivePiece = { inputs, events: [] }
    this.live.push(piece)
    this.piece = piece
    try {
      return work()
    } finally {
      this.piece = undefined
    }
  }

  /** A binding that computes as it did and writes down what it does. */
  recorder(): Binding {
    const { binding } = this
    return overlay(binding, {
      executeOp: (op, attributes, ids, outputs) =>
        this.noted(op, () => this.operation(op, attributes, ids, outputs)),
      createTensor: (shape, dtype, values) => this.noted(CREATE, () => this.create(shape, dtype, values)),
      tensorDataSync: id => this.noted(READ, () => this.read(id)),
    })
  }

  /** The node that gives a tensor; arguments and constants get one of their own, as results of a function need. */
  result(id: number, dtype: number): string {
    const value = this.nameOf(id, 'the result', 0, 0)
    const op = this.opOf(value)
    if (op !== 'Placeholder' && op !== 'Const') return value
    const name = `r${this.nodes.length}`
    this.nodes.push({ name, op: 'Identity', inputs: [value], attributes: { T: typeAttribute(dtype) } })
    return name
  }

  /** The value that a tensor is in the graph; undefined where no operation and no argument gave it. */
  placeOf(id: number): string | undefined {
    return this.values.get(id)
  }

  /** Where the call is refused, the live piece that it is in remembers it. */
  private noted<T>(call: string, work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (this.piece !== undefined) this.piece.refused ??= call
      throw error
    }
  }

  private read(id: number): HostValues {
    const name = this.values.get(id)
    if (name !== undefined && !this.fixed.has(nodeOf(name))) throw hostRead(this.opOf(name))
    return this.binding.tensorDataSync(id)
  }

  private operation(
    op: string,
    attributes: readonly OpAttribute[],
    ids: readonly number[],
    count: number,
  ): EngineTensor[] {
    const inputs = ids.map((id, input) => this.nameOf(id, op, input, ids.length))
    const name = `n${this.nodes.length}`
    const named = attributes.map(
      attribute => [attribute.name, attributeOf(this.binding, op, attribute)] as const,
    )
    this.nodes.push({ name, op, inputs, attributes: Object.fromEntries(named) })
    if (inputs.every(input => this.fixed.has(nodeOf(input)))) this.fixed.add(name)
    const outputs = this.binding.executeOp(op, attributes, ids, count)
    for (const [i, { id }] of outputs.entries()) this.values.set(id, i === 0 ? name : `${name}:${i}`)
    this.piece?.events.push({ op, outputs })
    return outputs
  }

  private create(shape: readonly number[], dtype: number, values: HostValues): number {
    if (!ArrayBuffer.isView(values))
      throw inputError('function.strings', 'a tensor of strings is made inside: functions take numbers alone')
    const id = this.binding.createTensor(shape, dtype, values)
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice()
    const live = this.piece && { shape: [...shape], dtype, bytes, constant: false }
    if (live !== undefined) this.piece?.events.push(live)
    this.made.set(id, { shape: [...shape], dtype, bytes, live })
    return id
  }

  private nameOf(id: number, op: string, input: number, inputs: number): string {
    const known = this.values.get(id)
    if (known !== undefined) return known
    const made = this.made.get(id)
    if (made === undefined) return this.becomeArgument(id, op)
    if (made.live === undefined) {
      const name = this.constant(made)
      this.values.set(id, name)
      return name
    }
    if (isShapeOperand(op, input, inputs)) {
      made.live.constant = true
      return this.constant(made)
    }
    made.live.argument = this.argument({ id, shape: [...made.shape], dtype: made.dtype })
    return made.live.argument
  }

  private becomeArgument(id: number, op: string): string {
    const become = this.lazily.get(id)
    if (become === undefined)
      throw inputError(
        'function.capture',
        `${op} reads a tensor that is neither an argument, nor a tf.Variable, nor made inside: pass it as an argument`,
      )
    return become()
  }

  private constant({ dtype, shape, bytes }: Made): string {
    const small = bytes.length < EQUAL_CONSTANTS_BYTES
    const key = small ? `${dtype}|${shape}|${Buffer.from(bytes).toString('base64')}` : `${this.nodes.length}`
    const known = this.constants.get(key)
    if (known !== undefined) return known
    const name = `c${this.nodes.length}`
    const value = { kind: 'tensor', value: { dtype, shape, bytes } } as const
    this.nodes.push({ name, op: 'Const', inputs: [], attributes: { dtype: typeAttribute(dtype), value } })
    this.constants.set(key, name)
    this.fixed.add(name)
    return name
  }

  private opOf(value: string): string {
    const name = nodeOf(value)
    return this.nodes.find(node => node.name === name)?.op ?? name
  }
}

/** Node-API's properties are read-only: they are laid over, not assigned. */
export function overlay<B extends Binding>(binding: B, methods: Partial<Binding>): B {
  const descriptors = Object.entries(methods).map(([name, value]) => [name, { value }] as const)
  return Object.create(binding, Object.fromEntries(descriptors)) as B
}

function nodeOf(value: string): string {
  return value.split(':')[0]
}

function hostRead(op: string) {
  return inputError(
    'function.host-read',
    `the value of ${op} is read on the host in the middle, and a function's values stay on the engine: leave the read out, or read what the function returns`,
  )
}

function attributeOf(binding: Binding, op: string, { name, type, value }: OpAttribute): Attribute {
  switch (type) {
    case binding.TF_ATTR_STRING:
      return { kind: 'string', value: String(value) }
    case binding.TF_ATTR_INT:
      return Array.isArray(value)
        ? { kind: 'ints', value: value.map(Number) }
        : { kind: 'int', value: Number(value) }
    case binding.TF_ATTR_FLOAT:
      return Array.isArray(value)
        ? { kind: 'floats', value: value.map(Number) }
        : { kind: 'float', value: Number(value) }
    case binding.TF_ATTR_BOOL:
      return { kind: 'bool', value: Boolean(value) }
    case binding.TF_ATTR_TYPE:
      return { kind: 'type', value: Number(value) }
    case binding.TF_ATTR_SHAPE:
      return { kind: 'shape', value: (value as readonly number[]).map(Number) }
    default:
      throw inputError(
        'function.attribute',
        `${op} has an attribute '${name}' of a type that functions don't take`,
      )
  }
}
