import type * as tfjs from '@tensorflow/tfjs'
import { sizeOf } from '../common/arrays.ts'

type Numbers = Float32Array | Int32Array | Uint8Array
type TensorInfo = tfjs.TensorInfo
interface Inputs {
  readonly x: TensorInfo
}

/** What of tfjs's plain JavaScript engine is used here. */
interface CpuBackend {
  readonly data: { get(id: object): { readonly values: Numbers } }
  makeTensorInfo(shape: readonly number[], dtype: string, values: Numbers): TensorInfo
}

/** Rows shorter than this are copied number by number: a view of one costs more. */
const SHORT = 32

/**
 * Slices and padding of the plain JavaScript engine as copies of rows. tfjs 4.22 finds a place for every single number, through
 * several arrays: most of the time of a convolution that is made of slices, and the gradient of a slice is padding.
 */
export function copyRows(tf: typeof tfjs): void {
  replace(tf, 'Slice', theirs => args => {
    const { x } = args.inputs as unknown as Inputs
    const { begin, size } = args.attrs as { begin: number | number[]; size: number | number[] }
    const [from, taken] = tf.slice_util.parseSliceParams(x as tfjs.Tensor, begin, size)
    // One view of what is there already, or of no numbers.
    if (!isNumeric(x.dtype) || tf.slice_util.isSliceContinous(x.shape, from, taken)) return theirs(args)
    tf.slice_util.assertParamsValid(x as tfjs.Tensor, from, taken)
    const backend = args.backend as CpuBackend
    const values = backend.data.get(x.dataId).values
    const copy = zeros(values, taken)
    copyBlock(taken, { values, shape: x.shape, at: from }, { values: copy, shape: taken })
    return backend.makeTensorInfo(taken, x.dtype, copy)
  })
  replace(tf, 'PadV2', theirs => args => {
    const { x } = args.inputs as unknown as Inputs
    const { paddings, constantValue } = args.attrs as { paddings: [number, number][]; constantValue: number }
    if (!isNumeric(x.dtype)) return theirs(args)
    const backend = args.backend as CpuBackend
    const values = backend.data.get(x.dataId).values
    const shape = x.shape.map((length, axis) => paddings[axis][0] + length + paddings[axis][1])
    const copy = zeros(values, shape)
    if (constantValue !== 0) copy.fill(constantValue)
    const at = paddings.map(([before]) => before)
    copyBlock(x.shape, { values, shape: x.shape }, { values: copy, shape, at })
    return backend.makeTensorInfo(shape, x.dtype, copy)
  })
}

function replace(tf: typeof tfjs, name: string, by: (theirs: tfjs.KernelFunc) => tfjs.KernelFunc): void {
  const kernel = tf.getKernel(name, 'cpu')
  if (kernel === undefined) return
  tf.unregisterKernel(name, 'cpu')
  tf.registerKernel({ ...kernel, kernelFunc: by(kernel.kernelFunc) })
}

function isNumeric(dtype: string): boolean {
  return dtype === 'float32' || dtype === 'int32' || dtype === 'bool'
}

function zeros(like: Numbers, shape: readonly number[]): Numbers {
  const length = sizeOf(shape)
  if (like instanceof Float32Array) return new Float32Array(length)
  return like instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length)
}

interface Block {
  readonly values: Numbers
  readonly shape: readonly number[]
  /** Its first corner. */
  readonly at?: readonly number[]
}

/** Copies a block of so many along each axis from one array into another. */
function copyBlock(size: readonly number[], from: Block, to: Block): void {
  if (sizeOf(size) === 0) return
  // What both take whole at the end is one row.
  let axes = size.length
  let row = 1
  while (axes > 0 && size[axes - 1] === from.shape[axes - 1] && size[axes - 1] === to.shape[axes - 1])
    row *= size[--axes]
  const tail = row
  if (axes > 0) row *= size[--axes]
  const fromStrides = strides(from.shape, axes, tail)
  const toStrides = strides(to.shape, axes, tail)
  const start = (block: Block, steps: readonly number[]) =>
    steps.reduce((sum, step, axis) => sum + step * (block.at?.[axis] ?? 0), 0)
  const walk = (axis: number, source: number, target: number): void => {
    if (axis === axes) {
      copyRow(from.values, source, to.values, target, row)
      return
    }
    for (let i = 0; i < size[axis]; i++)
      walk(axis + 1, source + i * fromStrides[axis], target + i * toStrides[axis])
  }
  walk(0, start(from, fromStrides), start(to, toStrides))
}

/** Numbers from one entry to the next along the first axes and the one that rows lie in, whose entries are `tail` numbers. */
function strides(shape: readonly number[], axes: number, tail: number): number[] {
  const steps = [tail]
  for (let axis = axes; axis > 0; axis--) steps.unshift(steps[0] * shape[axis])
  return steps
}

function copyRow(from: Numbers, source: number, to: Numbers, target: number, length: number): void {
  if (length < SHORT) for (let i = 0; i < length; i++) to[target + i] = from[source + i]
  else to.set(from.subarray(source, source + length), target)
}
