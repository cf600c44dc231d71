const TYPES = [
  [Uint8Array, '|u1'],
  [Int32Array, '<i4'],
  [Float32Array, '<f4'],
] as const

/** A numpy file, version 1.0 (numpy.lib.format): values in C order, little-endian as all our machines are. */
export function npy(values: Uint8Array | Int32Array | Float32Array, shape: readonly number[]): Buffer {
  const size = shape.reduce((a, b) => a * b, 1)
  if (size !== values.length)
    throw new Error(`${values.length} values don't fill the shape [${shape.join(', ')}]`)
  const type = TYPES.find(([array]) => values instanceof array)?.[1]
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`
  // Magic, version and length take ten bytes; data begins at a multiple of 64.
  const header = `${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8])
  return Buffer.concat([
    start,
    Buffer.from(header, 'latin1'),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ])
}
