import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { coco, type Files, folderOf, lines, png, voc, vocObject } from '../data/annotations/fixtures.ts'
import { layergym, MODEL, smallRun, workspace } from '../support/e2e.ts'

const PICTURE = png(40, 30)
const space = workspace()

describe('check-data', () => {
  const rows = Array.from({ length: 12 }, (_, i) => i)
  const files: Files = {
    ...Object.fromEntries(rows.map(i => [`${i}.png`, png(40, 30, [i * 20, 255 - i * 20, i * 7])])),
    'boxes.csv': lines('path,label,x,y,w,h', ...rows.map(i => `${i}.png,cat,1,1,${i + 2},9`)),
  }

  test('says what a dataset holds, in words and as JSON', async () => {
    const folder = folderOf(files)
    const words = await layergym(['check-data', folder])
    expect(words.code).toBe(0)
    expect(words.out).toContain('boxes: 12 of 1 classes (cat 12 in 12 items)')
    expect(words.out).toContain('files: 40 x 30 (12)')
    expect(words.out).toContain('warning splits.groups: ')
    const json = await layergym(['check-data', folder, '--json'])
    expect(JSON.parse(json.out)).toMatchObject({
      ok: true,
      summary: { items: 12, boxes: { total: 12, sizes: { small: 12 } } },
      media: { sizes: [{ name: '40 x 30', count: 12 }] },
      findings: [{ severity: 'warning', code: 'splits.groups' }],
    })
  })

  test('says what sequences hold', async () => {
    const sequences = Object.fromEntries(rows.map(i => [`${i}.csv`, lines(`${i},1`, `${i * 2},3`)]))
    const labels = lines('path,label', ...rows.map(i => `${i}.csv,${i % 2 ? 'walk' : 'run'}`))
    const folder = folderOf({ ...sequences, 'labels.csv': labels })
    const words = await layergym(['check-data', folder])
    expect(words.out).toContain('items: 12 sequences')
    expect(words.out).toContain('files: 12 sequences of 2 rows, 2 numbers a row, from 0 to 22')
    expect(words.out).not.toContain('frames a second')
    const { sequences: found } = JSON.parse((await layergym(['check-data', folder, '--json'])).out)
    expect(found).toMatchObject({ looked: 12, columns: [{ name: '2', count: 12 }] })
  })

  test('files that can be read by nobody end in exit code 2, after the whole list', async () => {
    const { code, out, err } = await layergym(['check-data', folderOf({ ...files, '3.png': 'broken' })])
    expect(code).toBe(2)
    expect(out).toContain("error items.unreadable: 1 can't be read: ")
    expect(err).toMatch(/can't be used as it is: 1 error/)
  })
})

const BAD: readonly (readonly [name: string, files: Files, words: RegExp])[] = [
  [
    'boxes.csv',
    { 'a.png': PICTURE, 'boxes.csv': lines('path,label,x,y,w,h', 'a.png,cat,30,5,20,5') },
    /boxes\.csv line 2: the box of 'cat'/,
  ],
  [
    'a mask',
    { 'a.png': PICTURE, 'm.png': png(8, 8), 'labels.csv': lines('path,mask', 'a.png,m.png') },
    /labels\.csv line 2: the mask .*m\.png is 8 wide/,
  ],
  [
    'COCO',
    { 'images/a.png': PICTURE, 'annotations/instances.json': coco([{ bbox: [1, 1, 90, 2] }]) },
    /instances\.json annotations\[0\]\.bbox/,
  ],
  [
    'YOLO',
    {
      'images/a.png': PICTURE,
      'labels/a.txt': '7 0.5 0.5 0.1 0.1',
      'data.yaml': 'names: [cat]\ntrain: images',
    },
    /a\.txt line 1: there is no class 7/,
  ],
  [
    'Pascal VOC',
    { 'JPEGImages/a.png': PICTURE, 'Annotations/a.xml': voc(vocObject('cat', [1, 1, 'ten', 5])) },
    /a\.xml object\[1\]\/bndbox\/xmax/,
  ],
]

describe.each(BAD)('bad input: %s', (_, files, words) => {
  test('check-data and fine-tune exit with 2, name the place and write nothing', async () => {
    const folder = folderOf(files)
    const checked = await layergym(['check-data', folder])
    expect(checked.code).toBe(2)
    expect(checked.err).toMatch(words)
    expect(checked.out).toBe('')
    const before = readdirSync(space)
    const run = await layergym(smallRun(space, { data: folder, model: MODEL, out: join(space, 'run') }))
    expect(run.code).toBe(2)
    expect(run.err).toMatch(words)
    expect(readdirSync(space)).toEqual(before)
  })
})
