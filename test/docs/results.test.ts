import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { PAGES } from '../../bench/tables/pages.ts'
import { type Page, type Raw, rawIn, redraw } from '../../bench/tables/redraw.ts'

const FOLDER = new URL('../../docs/results/', import.meta.url)
const read = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8')
const raw = rawIn(FOLDER)

describe('docs/results holds what its raw outcomes come to: after a change, npm run results', () => {
  test.each(Object.entries(PAGES))('%s', (name, page) => {
    expect(redraw(read(name), page, raw)).toBe(read(name))
    for (const [figure, draw] of Object.entries(page.figures ?? {})) expect(draw(raw)).toBe(read(figure))
  })
})

describe('redraw', () => {
  const page: Page = { tables: { 'a b': some => `| ${some<number>('x').length} |` } }
  const three: Raw = () => [1, 2, 3] as never

  test('fills what is between the markers, and leaves the rest', () => {
    const drawn = redraw('before\n<!-- table: a b -->\nold\n<!-- /table -->\nafter', page, three)
    expect(drawn).toBe('before\n<!-- table: a b -->\n\n| 3 |\n\n<!-- /table -->\nafter')
    expect(redraw(drawn, page, three)).toBe(drawn)
  })

  test('refuses a marker that nothing is drawn for, and a table without a marker', () => {
    expect(() => redraw('<!-- table: c --><!-- /table -->', page, three)).toThrow("no table 'c': a b")
    expect(() => redraw('no marker', page, three)).toThrow('no marker for a b')
  })
})
