/** One behind the other. */
export function concatenated(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0))
  let offset = 0
  for (const row of rows) {
    all.set(row, offset)
    offset += row.length
  }
  return all
}
