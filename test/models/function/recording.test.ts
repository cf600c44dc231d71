import { describe, expect, test } from 'vitest'
import type { Binding, HostValues, OpAttribute } from '../../../src/models/function/binding.ts'
import { CREATE, READ, Recording } from '../../../src/models/function/recording.ts'

const FLOAT = 1
const INT = 3

/** An addon that computes nothing: each result is a tensor of one number. */
function addon() {
  const values = new Map<number, HostValues>()
  let next = 1
  const created = (own: HostValues) => {
    values.set(next, own)
    return next++
  }
  const binding = {
    executeOp: (
      _name: string,
      _attributes: readonly OpAttribute[],
      _ids: readonly number[],
      outputs: number,
    ) =>
      Array.from({ length: outputs }, () => ({ id: created(Float32Array.of(7)), shape: [], dtype: FLOAT })),
    createTensor: (_shape: readonly number[], _dtype: number, own: HostValues) => created(own),
    tensorDataSync: (id: number) => values.get(id) as HostValues,
    deleteTensor: (id: number) => void values.delete(id),
    ...{
      TF_ATTR_STRING: 0,
      TF_ATTR_INT: 1,
      TF_ATTR_FLOAT: 2,
      TF_ATTR_BOOL: 3,
      TF_ATTR_TYPE: 4,
      TF_ATTR_SHAPE: 5,
    },
    ...{ TF_FLOAT: FLOAT, TF_UINT8: 4 },
  } as Binding
  const recording = new Recording(binding)
  const argument = (shape: number[] = [2]) => {
    const id = created(Float32Array.of(1, 2))
    return { id, name: recording.argument({ id, shape, dtype: FLOAT }) }
  }
  return { recording, recorder: recording.recorder(), argument }
}

describe('what runs through the addon', () => {
  test('is written down: operations, their attributes, and what they read', () => {
    const { recording, recorder, argument } = addon()
    const [x, y] = [argument(), argument([])]
    const attributes = [
      { name: 's', type: 0, value: 'same' },
      { name: 'i', type: 1, value: 3 },
      { name: 'is', type: 1, value: [1, 2] },
      { name: 'f', type: 2, value: 0.5 },
      { name: 'fs', type: 2, value: [0.5] },
      { name: 'b', type: 3, value: 1 },
      { name: 't', type: 4, value: FLOAT },
      { name: 'p', type: 5, value: [2, 3] },
    ]
    const [first, second] = recorder.executeOp('Split', attributes, [x.id, y.id], 2)
    recorder.executeOp('Add', [], [second.id, first.id], 1)
    expect(recording.arguments).toEqual([x.name, y.name])
    const [, , split, add] = recording.nodes
    expect(split).toMatchObject({ op: 'Split', inputs: [x.name, y.name] })
    expect(split.attributes).toEqual({
      s: { kind: 'string', value: 'same' },
      i: { kind: 'int', value: 3 },
      is: { kind: 'ints', value: [1, 2] },
      f: { kind: 'float', value: 0.5 },
      fs: { kind: 'floats', value: [0.5] },
      b: { kind: 'bool', value: true },
      t: { kind: 'type', value: FLOAT },
      p: { kind: 'shape', value: [2, 3] },
    })
    expect(add.inputs).toEqual([`${split.name}:1`, split.name])
    expect(recording.placeOf(second.id)).toBe(`${split.name}:1`)
    expect(recording.placeOf(99)).toBeUndefined()
    const odd = [{ name: 'odd', type: 9, value: 1 }]
    expect(() => recorder.executeOp('Odd', odd, [x.id], 1)).toThrow(/Odd has an attribute 'odd' of a type/)
  })

  test('results that are arguments or constants have a node of their own', () => {
    const { recording, recorder, argument } = addon()
    const x = argument()
    const [sum] = recorder.executeOp('Add', [], [x.id, x.id], 1)
    const five = recorder.createTensor([], FLOAT, Float32Array.of(5))
    const opOf = (name: string) => recording.nodes.find(node => node.name === name)
    expect(recording.result(sum.id, FLOAT)).toBe(recording.placeOf(sum.id))
    expect(opOf(recording.result(x.id, FLOAT))).toMatchObject({ op: 'Identity', inputs: [x.name] })
    const [constant] = opOf(recording.result(five, FLOAT))?.inputs ?? []
    expect(opOf(constant)?.op).toBe('Const')
  })

  test('small constants that are equal are one; large ones are as many as they are', () => {
    const { recording, recorder, argument } = addon()
    const x = argument()
    const read = (own: HostValues, shape: number[] = [own.length], dtype = FLOAT) =>
      recorder.executeOp('Mul', [], [x.id, recorder.createTensor(shape, dtype, own)], 1)
    const constants = () => recording.nodes.filter(({ op }) => op === 'Const').length
    read(Float32Array.of(5))
    read(Float32Array.of(5))
    expect(constants()).toBe(1)
    read(Float32Array.of(6))
    read(Float32Array.of(5), [])
    read(Int32Array.of(5), [1], INT)
    expect(constants()).toBe(4)
    read(new Float32Array(16))
    read(new Float32Array(16))
    expect(constants()).toBe(6)
    const texts = ['a'] as unknown as HostValues
    expect(() => recorder.createTensor([1], 7, texts)).toThrow(/functions take numbers alone/)
  })

  test('values may be read on the host as far as constants decide them', () => {
    const { recording, recorder, argument } = addon()
    const x = argument()
    const two = recorder.createTensor([], FLOAT, Float32Array.of(2))
    const [fixed] = recorder.executeOp('Square', [], [two], 1)
    const [open] = recorder.executeOp('Mul', [], [fixed.id, x.id], 1)
    expect(recorder.tensorDataSync(two)).toEqual(Float32Array.of(2))
    expect(recorder.tensorDataSync(fixed.id)).toEqual(Float32Array.of(7))
    expect(() => recorder.tensorDataSync(open.id)).toThrow(/the value of Mul is read on the host/)
    expect(() => recorder.tensorDataSync(x.id)).toThrow(/the value of Placeholder is read on the host/)
    expect(() => recorder.executeOp('Sub', [], [99, x.id], 1)).toThrow(/Sub reads a tensor that is neither/)
    recording.whenRead(99, () => recording.argument({ id: 99, shape: [], dtype: FLOAT }))
    recorder.executeOp('Sub', [], [99, x.id], 1)
    expect(recording.arguments).toHaveLength(2)
  })
})

describe('a piece that is made anew at every call', () => {
  test('what operations read of it are arguments; what says how they work must stay', () => {
    const { recording, recorder, argument } = addon()
    const x = argument()
    const { shape, mask } = recording.inPiece([], () => ({
      shape: recorder.createTensor([1], INT, Int32Array.of(2)),
      mask: recorder.createTensor([2], FLOAT, Float32Array.of(0, 1)),
    }))
    recorder.executeOp('Reshape', [], [x.id, shape], 1)
    recorder.executeOp('Mul', [], [x.id, mask], 1)
    recorder.executeOp('Add', [], [mask, x.id], 1)
    const [piece] = recording.live
    expect(piece.events).toMatchObject([
      { shape: [1], dtype: INT, constant: true },
      { shape: [2], dtype: FLOAT, constant: false },
    ])
    const [first, second] = piece.events
    expect([first, second].map(event => 'argument' in event && event.argument)).toEqual([
      false,
      recording.arguments[1],
    ])
    // Outside a piece what is made is part of the graph.
    recorder.createTensor([], FLOAT, Float32Array.of(1))
    expect(piece.events).toHaveLength(2)
    expect(piece.refused).toBeUndefined()
  })

  test('remembers the first call that was refused', () => {
    const { recording, recorder, argument } = addon()
    const x = argument()
    const refused = (work: () => unknown) => {
      expect(() => recording.inPiece([], work)).toThrow()
      return recording.live.at(-1)?.refused
    }
    expect(refused(() => recorder.tensorDataSync(x.id))).toBe(READ)
    expect(refused(() => recorder.createTensor([1], 7, ['a'] as unknown as HostValues))).toBe(CREATE)
    expect(refused(() => recorder.executeOp('Sub', [], [99], 1))).toBe('Sub')
    const twice = () => {
      try {
        recorder.tensorDataSync(x.id)
      } catch {
        recorder.executeOp('Sub', [], [99], 1)
      }
    }
    expect(refused(twice)).toBe(READ)
    const { recording: other, recorder: its, argument: given } = addon()
    const y = given()
    other.inPiece([], () => its.executeOp('Neg', [], [y.id], 1))
    expect(other.live[0].events).toMatchObject([{ op: 'Neg', outputs: [{ dtype: FLOAT }] }])
  })
})
