import { describe, expect, test } from 'vitest'
import { csvRecords, csvRows } from '../../src/common/csv-rows.ts'

describe('csvRows', () => {
  test('rows and where they end; empty ones and a mark are passed over', () => {
    expect(csvRows('\ufeffa,b\n\n"1\n2",3\n')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 4, cells: ['1\n2', '3'] },
    ])
  })

  test('other numbers of cells only where they may be', () => {
    expect(() => csvRows('a;b\n\n1\n', { delimiter: ';' })).toThrow('line 3 has 1 cells, the first 2')
    expect(csvRows('a;b\n1\n', { delimiter: ';', ragged: true })[1].cells).toEqual(['1'])
  })

  test('lines end as they do on any system, mixed too', () => {
    const rows = csvRows('a,b\r\n1,2\n3,4\r5,"6\r\n7"\r\n')
    expect(rows.map(({ line, cells }) => [line, ...cells])).toEqual([
      [1, 'a', 'b'],
      [2, '1', '2'],
      [3, '3', '4'],
      [5, '5', '6\n7'],
    ])
  })

  test.each([
    ['a quotation without its end', 'a,b\n1,2\n"3,4\n5,6', /line 3: Quoted field unterminated/],
    ['what follows one', '"a\nb",c\n"1"x,2\n', /line 3: Trailing quote/],
  ])('%s is refused, by its line', (_, text, message) => {
    expect(() => csvRows(text)).toThrow(message)
  })

  test('no more rows than are wanted, nor silently fewer', () => {
    expect(csvRows('1\n2\n3\n', {}, 3)).toHaveLength(3)
    expect(csvRows('1\n2\n3', {}, 3)).toHaveLength(3)
    expect(() => csvRows('1\n2\n3\n4\n', {}, 3)).toThrow('more than 3 rows')
    expect(() => csvRows('1\n\n\n\n2\n', {}, 3)).toThrow('more than 3 rows')
  })
})

test('a record has its columns, whatever they are called', () => {
  const [{ record, line }] = csvRecords('__proto__,constructor\n1,2\n')
  expect([Object.entries(record), line]).toEqual([
    [
      ['__proto__', '1'],
      ['constructor', '2'],
    ],
    2,
  ])
  expect(csvRecords('')).toEqual([])
})
