/** Writes protocol-buffer messages: just what a GraphDef needs. */
export class Writer {
  private readonly chunks: Uint8Array[] = []
  private bytes: number[] = []

  /** Signed, as int32, int64 and enums are. */
  int(field: number, value: number): this {
    return this.varint(BigInt(field << 3)).varint(BigInt(value))
  }

  float(field: number, value: number): this {
    this.varint(BigInt((field << 3) | 5))
    this.bytes.push(...new Uint8Array(Float32Array.of(value).buffer))
    return this
  }

  /** The bytes are not copied. */
  data(field: number, value: Uint8Array): this {
    this.varint(BigInt((field << 3) | 2)).varint(BigInt(value.length))
    this.flush()
    this.chunks.push(value)
    return this
  }

  text(field: number, value: string): this {
    return this.data(field, new TextEncoder().encode(value))
  }

  message(field: number, write: (inner: Writer) => void): this {
    const inner = new Writer()
    write(inner)
    return this.data(field, inner.finish())
  }

  finish(): Uint8Array {
    this.flush()
    const all = new Uint8Array(this.chunks.reduce((sum, { length }) => sum + length, 0))
    let at = 0
    for (const chunk of this.chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    return all
  }

  private varint(value: bigint): this {
    let left = BigInt.asUintN(64, value)
    while (left > 127n) {
      this.bytes.push(Number(left & 127n) | 128)
      left >>= 7n
    }
    this.bytes.push(Number(left))
    return this
  }

  private flush(): void {
    if (this.bytes.length > 0) this.chunks.push(Uint8Array.from(this.bytes))
    this.bytes = []
  }
}
