/** A reader of TensorBoard's event files that shares no code with the writer. */
export interface ReadEvent {
  readonly wallTime: number
  readonly step: number
  readonly fileVersion?: string
  readonly values: Readonly<Record<string, number>>
}

/** The events of a file; throws where framing, a CRC or a field is not what TensorBoard's readers expect. */
export function readEvents(file: Buffer): ReadEvent[] {
  let from = 0
  return recordEnds(file).map(end => {
    const event = parseEvent(file.subarray(from + 12, end - 4))
    from = end
    return event
  })
}

/** Where each record ends, in bytes. */
export function recordEnds(file: Buffer): number[] {
  const ends: number[] = []
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at))
    check(file.subarray(at, at + 8), file.readUInt32LE(at + 8), `length at ${at}`)
    check(file.subarray(at + 12, at + 12 + length), file.readUInt32LE(at + 12 + length), `data at ${at}`)
    at += 16 + length
    ends.push(at)
  }
  return ends
}

/** Bit by bit, as a polynomial's remainder: slow, and unlike the writer's table. */
function check(data: Buffer, masked: number, what: string): void {
  const unmasked = (masked - 0xa282ead8) >>> 0
  const expected = ((unmasked << 15) | (unmasked >>> 17)) >>> 0
  let crc = 0xffffffff
  for (const byte of data) {
    for (let bit = 0; bit < 8; bit++) {
      const odd = (crc ^ (byte >>> bit)) & 1
      crc = (crc >>> 1) ^ (odd === 1 ? 0x82f63b78 : 0)
    }
  }
  if ((crc ^ 0xffffffff) >>> 0 !== expected) throw new Error(`the CRC of the ${what} is wrong`)
}

function parseEvent(data: Buffer): ReadEvent {
  const fields = parse(data)
  const wallTime = fields.find(({ number }) => number === 1)?.data.readDoubleLE() ?? Number.NaN
  const step = fields.find(({ number }) => number === 2)?.value ?? 0
  const fileVersion = fields.find(({ number }) => number === 3)?.data.toString()
  const summary = fields.find(({ number }) => number === 5)?.data ?? Buffer.alloc(0)
  const values = parse(summary).map(({ data }): [string, number] => {
    const value = parse(data)
    const tag = value.find(({ number }) => number === 1)?.data.toString() ?? ''
    return [tag, value.find(({ number }) => number === 2)?.data.readFloatLE() ?? Number.NaN]
  })
  return {
    wallTime,
    step,
    ...(fileVersion === undefined ? {} : { fileVersion }),
    values: Object.fromEntries(values),
  }
}

function parse(data: Buffer): { number: number; value: number; data: Buffer }[] {
  const fields: { number: number; value: number; data: Buffer }[] = []
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number(value)
    }
  }
  while (at < data.length) {
    const key = varint()
    const type = key & 7
    const value = type === 0 || type === 2 ? varint() : 0
    const size = type === 1 ? 8 : type === 5 ? 4 : type === 2 ? value : 0
    if (at + size > data.length) throw new Error('a field is longer than its message')
    fields.push({ number: key >> 3, value, data: data.subarray(at, at + size) })
    at += size
  }
  return fields
}
