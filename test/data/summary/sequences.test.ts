import { expect, test } from 'vitest'
import { loadDataset } from '../../../src/data/load.ts'
import { inspectDataset } from '../../../src/data/summary/inspect.ts'
import { sequenceLine } from '../../../src/data/summary/sequences.ts'
import { describeDataset } from '../../../src/data/summary/words.ts'
import { type Files, folderOf, lines, png } from '../annotations/fixtures.ts'

const NAMES = Array.from({ length: 16 }, (_, i) => `${i}.csv`)

/** A table of two columns, and a third as `third` says. */
function rows(seed: number, count = 8, third = (row: number) => row): string {
  return lines(...Array.from({ length: count }, (_, row) => `${row * seed},${seed - row},${third(row)}`))
}

const FILES: Files = Object.fromEntries(NAMES.map((name, i) => [name, rows(i + 2)]))
const labels = lines(
  'path,label,split,group',
  ...NAMES.map((name, i) => `${name},${i % 2 ? 'walk' : 'run'},${i < 10 ? 'train' : 'test'},g${i}`),
)

async function inspected(files: Files) {
  const folder = folderOf({ ...FILES, 'labels.csv': labels, ...files })
  const dataset = await loadDataset(folder, { skipBroken: true })
  const found = await inspectDataset(dataset)
  const codes = Object.fromEntries(found.findings.map(({ code, message }) => [code, message]))
  return { ...found, dataset, codes }
}

test('sequences: how many, how long, how wide, from where to where; nothing odd where nothing is', async () => {
  const { dataset, sequences, media, codes } = await inspected({ '3.csv': rows(5, 20) })
  expect(codes).toEqual({})
  expect(describeDataset(dataset)).toEqual([
    'items: 16 sequences of 16 recordings',
    'labels: 2 (run 8; walk 8)',
    'splits: 10 train, 6 test; a run divides train further',
  ])
  expect(media.looked).toBe(0)
  expect(sequences).toMatchObject({
    looked: 16,
    rows: { least: 8, median: 8, most: 20 },
    columns: [{ name: '3', count: 16 }],
    ranges: [
      { least: 0, most: 119 },
      { least: -14, most: 17 },
      { least: 0, most: 19 },
    ],
  })
  expect(sequences && sequenceLine(sequences)).toBe(
    'files: 16 sequences of 8 to 20 rows (8 in the median), 3 numbers a row, from -14 to 119',
  )
})

test('sequences of one length are said so', async () => {
  const { sequences } = await inspected({})
  expect(sequences && sequenceLine(sequences)).toContain('16 sequences of 8 rows, 3 numbers a row')
})

test('what is odd of sequences', async () => {
  const { codes } = await inspected({
    '0.csv': lines('1,2', '3,4'),
    '1.csv': 'no,number\nat,all\n',
    '2.csv': rows(4, 120),
    '3.csv': lines('7,7,7', '7,7,7'),
    '12.csv': rows(7),
  })
  expect(Object.keys(codes).sort()).toEqual([
    'items.blank',
    'items.unreadable',
    'sequences.columns',
    'sequences.lengths',
    'splits.duplicates',
  ])
  expect(codes['sequences.columns']).toContain('most have 3 numbers a row, and 0.csv (2) others')
  expect(codes['items.unreadable']).toMatch(/^1 can't be read: .*1\.csv line 2, column 1/)
  expect(codes['items.blank']).toContain('from the first row to the last: 3.csv')
  expect(codes['sequences.lengths']).toContain('the longest has 120 rows, the shortest 2')
  expect(codes['splits.duplicates']).toContain('12.csv = 5.csv')
})

test('columns that never change, or of other scales', async () => {
  const still = Object.fromEntries(NAMES.map((name, i) => [name, rows(i + 2, 8, () => 4)]))
  expect((await inspected(still)).codes).toEqual({
    'sequences.constant': 'column 3: the same number everywhere, which tells nothing',
  })
  // Where all are, the files say the same throughout, which is said already.
  const none = Object.fromEntries(NAMES.map((name, i) => [name, lines(...Array(8).fill(`${i},2,3`))]))
  const alike = Object.fromEntries(NAMES.map(name => [name, lines(...Array(8).fill('1,2,3'))]))
  expect((await inspected(none)).codes).toHaveProperty('items.blank')
  expect((await inspected(alike)).codes).not.toHaveProperty('sequences.constant')
  const small = Object.fromEntries(NAMES.map((name, i) => [name, rows(i + 2, 8, row => row / 1e4)]))
  expect((await inspected(small)).codes['sequences.scales']).toMatch(/^column 1 spans 119, column 3 0.0007/)
})

test('pieces in seconds, and pixels beside numbers', async () => {
  const pieces = lines(
    'path,label,split,group,start,end',
    ...NAMES.map((name, i) => `${name},${i % 2},${i < 10 ? 'train' : 'test'},g${i},${i === 4 ? '0,1' : ','}`),
  )
  expect((await inspected({ 'labels.csv': pieces })).codes['sequences.pieces']).toMatch(
    /^4\.csv.*: start or end/,
  )
  const mixed = await inspected({ 'x.png': png(40, 30), 'labels.csv': `${labels}x.png,run,train,x\n` })
  expect(mixed.codes['items.mixed']).toContain('0.csv holds numbers through time, x.png pixels')
})
