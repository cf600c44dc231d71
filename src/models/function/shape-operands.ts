/**
 * Which inputs of an operation say how it works rather than what on: axes, sizes, paddings. TensorFlow wants them in the
 * graph, where shapes can be inferred from them; −1 is the last input.
 */
const OPERANDS: Readonly<Record<string, readonly number[]>> = {
  All: [1],
  Any: [1],
  ArgMax: [1],
  ArgMin: [1],
  BatchToSpaceND: [1, 2],
  Bincount: [1],
  BroadcastTo: [1],
  ConcatV2: [-1],
  Cumprod: [1],
  Cumsum: [1],
  ExpandDims: [1],
  Fill: [0],
  GatherV2: [2],
  LinSpace: [2],
  Max: [1],
  Mean: [1],
  Min: [1],
  MirrorPad: [1],
  OneHot: [1],
  Pad: [1],
  PadV2: [1],
  Prod: [1],
  Range: [0, 1, 2],
  Reshape: [1],
  ResizeBilinear: [1],
  ResizeNearestNeighbor: [1],
  ReverseV2: [1],
  ScatterNd: [2],
  Slice: [1, 2],
  SpaceToBatchND: [1, 2],
  Split: [0],
  SplitV: [1, 2],
  StridedSlice: [1, 2, 3],
  Sum: [1],
  Tile: [1],
  TopKV2: [1],
  Transpose: [1],
  UnsortedSegmentSum: [2],
}

export function isShapeOperand(op: string, input: number, inputs: number): boolean {
  if (/Backprop(Input|Filter)/.test(op)) return input === (op.includes('BackpropInput') ? 0 : 1)
  return OPERANDS[op]?.some(operand => (operand < 0 ? inputs + operand : operand) === input) === true
}
