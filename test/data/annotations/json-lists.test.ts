import { describe, expect, test } from 'vitest'
import { listElements } from '../../../src/data/annotations/json-lists.ts'

const read = (text: string | Uint8Array, lists = ['a', 'b']) => [
  ...listElements('x.json', typeof text === 'string' ? new TextEncoder().encode(text) : text, lists),
]
const values = (text: string, lists?: string[]) =>
  read(text, lists).map(({ list, index, value }) => [list, index, value])

describe('lists in a large JSON object, an element at a time', () => {
  test('give the elements of those that are named, in order, with their numbers', () => {
    expect(values('{"a": [1, "two", {"x": [3]}], "c": [4], "b": [true, null]}')).toEqual([
      ['a', 0, 1],
      ['a', 1, 'two'],
      ['a', 2, { x: [3] }],
      ['b', 0, true],
      ['b', 1, null],
    ])
    expect(values(' {\r\n\t"a" :\n[ 1 , 2 ]\n} \n')).toEqual([
      ['a', 0, 1],
      ['a', 1, 2],
    ])
    for (const nothing of ['{}', '{"a": []}', '{"c": 1, "d": "x"}', '{ }'])
      expect(values(nothing)).toEqual([])
    expect(values('{"c": -1.5e3,"a": [7]}')).toEqual([['a', 0, 7]])
  })

  test('pass over quotes, brackets and backslashes in strings', () => {
    const odd = ['"', '\\', '\\"', ']}', '{[', ',', 'a\\\\"b', 'ü']
    const text = JSON.stringify({ c: odd, a: odd, d: { '"]': odd } })
    expect(values(text)).toEqual(odd.map((value, i) => ['a', i, value]))
  })

  test('may begin with a mark, whole and nothing else', () => {
    const body = new TextEncoder().encode('{"a": [1]}')
    expect(read(Uint8Array.of(0xef, 0xbb, 0xbf, ...body))).toHaveLength(1)
    for (const mark of [[0xef], [0xef, 0xbb], [0, 0xbb, 0xbf], [0xef, 0, 0xbf], [0xef, 0xbb, 0]])
      expect(() => read(Uint8Array.of(...mark, ...body))).toThrow("'{' is missing")
  })

  test('may be nested 32 deep', () => {
    const nested = (depth: number) => `{"a": [${'['.repeat(depth)}${']'.repeat(depth)}]}`
    expect(read(nested(32))).toHaveLength(1)
    expect(() => read(nested(33))).toThrow('brackets are nested more than 32 deep')
  })

  test.each([
    ['', 1, "'{' is missing"],
    ['{"a": [1]', 1, "'}' is missing"],
    ['{"a": [1] "b": [2]}', 1, "'}' is missing"],
    ['{"a" [1]}', 1, "':' is missing"],
    ['{\n"a": [1\n', 3, "']' is missing"],
    ['{\n\n"a": {}}', 3, 'a must be a list'],
    ['{7 : [1]}', 1, 'a name in quotes is missing'],
    ['{"a": [1]}\n\n1', 3, 'more follows where the object has ended'],
    ['{"a": [1]}}', 1, 'more follows where the object has ended'],
    ['{"a": [1,]}', 1, 'the file ends in the middle, or a value is missing'],
    ['{"c": }', 1, 'the file ends in the middle, or a value is missing'],
    ['{"a": [{"x": 1', 1, 'the file ends in the middle, or a value is missing'],
    ['{"c":\n{"x": "\n', 2, 'a string is never closed'],
    ['{"c": "\\"}', 1, 'a string is never closed'],
    ['{"a": [1,\n2,\noops]}', 3, 'Unexpected token'],
  ])('%j is refused, with its line', (text, line, words) => {
    expect(() => read(text)).toThrow(
      expect.objectContaining({ code: 'data.json', message: expect.stringContaining(words) }),
    )
    expect(() => read(text)).toThrow(`x.json line ${line} is not JSON as it should be`)
  })

  test('no text in UTF-8 is refused', () => {
    const bytes = Buffer.from('{"a": ["\xff"]}', 'latin1')
    expect(() => read(bytes)).toThrow('x.json line 1 is not JSON')
  })
})
