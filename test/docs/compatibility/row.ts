/** A convention of another framework, and whether layergym has it. */
export interface Row {
  readonly convention: string
  readonly has: 'yes' | 'otherwise' | 'no'
  /** How it is here, or why it isn't. */
  readonly why: string
  /** Throws where the row doesn't hold; or the test elsewhere that does: [file, a part of its title]. */
  readonly heldBy: (() => void | Promise<void>) | readonly [file: string, title: string]
}

/** The rows as a table; each names the test that holds it. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ convention, has, why, heldBy }) => {
    const place = typeof heldBy === 'function' ? 'here' : `\`${heldBy[0]}\``
    return `| ${convention} | ${has} | ${why} | ${place} |`
  })
  return [
    '| convention | layergym | how, or why not | held by |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n')
}
