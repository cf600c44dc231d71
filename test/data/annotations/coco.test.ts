import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadDataset } from '../../../src/data/load.ts'
import { coco, type Files, folderOf, png } from './fixtures.ts'

const PICTURE = png(40, 30)

async function loaded(files: Files, name = '') {
  const { clips, boxClasses } = await loadDataset(join(folderOf(files), name))
  const boxes = clips.flatMap(({ annotation }) => annotation?.boxes?.[0].boxes ?? [])
  return { boxClasses, boxes, clips: clips.map(({ id, split }) => [id, split]) }
}
const one = (json: string) => loaded({ 'images/a.png': PICTURE, 'annotations/instances.json': json })
const image = (more: object) => coco([], { images: [{ id: 1, file_name: 'a.png', ...more }] })

describe('where COCO’s pictures lie', () => {
  test.each([
    ['images/train2017/a.png', 'instances_train2017.json'],
    ['train2017/a.png', 'instances_train2017.json'],
    ['images/a.png', 'instances_train2017.json'],
    ['annotations/a.png', 'instances_train2017.json'],
    ['a.png', 'instances_train2017.json'],
    ['images/Val/a.png', 'my.Val.json'],
    ['test_set/a.png', 'x_test.json'],
  ])('%s beside %s', async (picture, file) => {
    const found = await loaded({ [picture]: PICTURE, [`annotations/${file}`]: coco() }).catch(error => error)
    // A folder is called as the part of the name that says the split, digits included.
    if (picture === 'test_set/a.png') expect(found.message).toMatch(/images\/a\.png does not exist/)
    else expect(found.clips).toEqual([[picture, undefined]])
  })

  test('first in the folder of the split, then in images', async () => {
    const files = { 'images/train/a.png': PICTURE, 'images/a.png': PICTURE, 'train/a.png': PICTURE }
    const found = await loaded({ ...files, 'annotations/train.json': coco() })
    expect(found.clips).toEqual([['images/train/a.png', undefined]])
  })

  test('of a folder’s files instances alone, where there are some; captions else', async () => {
    const files = { 'images/a.png': PICTURE, 'annotations/b.json': coco(), 'annotations/readme.txt': 'x' }
    expect((await loaded(files)).clips).toHaveLength(1)
    const both = { ...files, 'annotations/b.json': 'never read', 'annotations/instances_x.json': coco() }
    expect((await loaded(both)).clips).toHaveLength(1)
  })

  test('splits by the name, where there are several', async () => {
    const of = (name: string) => coco([], { images: [{ id: 1, file_name: name }] })
    const found = await loaded({
      'images/a.png': PICTURE,
      'images/b.png': PICTURE,
      'images/c.png': PICTURE,
      'annotations/instances_Train2017.json': of('a.png'),
      'annotations/instances validation.json': of('b.png'),
      'annotations/instances_other.json': of('c.png'),
    })
    expect(found.clips.sort()).toEqual([
      ['images/a.png', 'train'],
      ['images/b.png', 'reward'],
      ['images/c.png', undefined],
    ])
  })
})

describe('what COCO’s files say', () => {
  test('categories by number or text, names without spaces round them, sizes or none', async () => {
    const json = coco(
      [
        { bbox: [1, 2, 3, 4], category_id: 'k', iscrowd: true },
        { bbox: [0, 0, 1, 1], category_id: 0 },
      ],
      {
        categories: [
          { id: 'k', name: ' cat ' },
          { id: 0, name: 'dog' },
          { id: 9, name: 'unused' },
        ],
        images: [{ id: 1, file_name: ' a.png ' }],
        info: { year: 2026 },
      },
    )
    expect(await one(json)).toEqual({
      boxClasses: ['cat', 'dog'],
      boxes: [
        { label: 'cat', x: 1, y: 2, width: 3, height: 4, crowd: true },
        { label: 'dog', x: 0, y: 0, width: 1, height: 1 },
      ],
      clips: [['images/a.png', undefined]],
    })
    for (const size of [
      {},
      { width: 40 },
      { width: 0, height: 0 },
      { width: '40', height: 7 },
      { width: -1, height: 30 },
    ])
      expect((await one(image(size))).clips).toHaveLength(1)
  })

  test.each<[string, string, string]>([
    [
      'a name that is none',
      coco([], { categories: [{ id: 7, name: 5 }] }),
      'categories[0].name is 5, and must be a text',
    ],
    ['no name', coco([], { categories: [{ id: 7 }] }), 'categories[0].name is undefined, and must be a text'],
    ['an empty name', coco([], { categories: [{ id: 7, name: ' ' }] }), 'categories[0].name is " "'],
    [
      'a picture without a name',
      coco([], { images: [{ id: 1, file_name: null }] }),
      'images[0].file_name is null',
    ],
    [
      'a picture without a number',
      coco([], { images: [{ file_name: 'a.png' }] }),
      'images[0].id is undefined, and must be a number',
    ],
    [
      'two categories of one number',
      coco([], {
        categories: [
          { id: 7, name: 'a' },
          { id: 7, name: 'b' },
        ],
      }),
      'categories[1].id: 7 is there already',
    ],
    ['no images', JSON.stringify({ categories: [{ id: 1, name: 'a' }] }), "has no 'images'"],
    ['a picture that is none', coco([], { images: [[1]] }), 'images[0] is [1], and must be an object'],
    ['a picture that is a number', coco([], { images: [5] }), 'images[0] is 5, and must be an object'],
    ['a picture that is nothing', coco([], { images: [null] }), 'images[0] is null, and must be an object'],
    ['a box of words', coco([{ bbox: [1, 1, 'x', 2] }]), 'annotations[0].bbox is [1,1,"x",2]'],
    ['no box', coco([{}]), 'annotations[0].bbox is undefined'],
    ['no pictures', coco([], { images: [] }), "has no 'images'"],
    [
      'a picture out of its size',
      image({ width: 40, height: 31 }),
      'is said to be 40 wide and 31 high, and is 40 and 30',
    ],
  ])('%s is refused', async (_name, json, words) => {
    await expect(one(json)).rejects.toThrow(words)
    await expect(one(json)).rejects.toMatchObject({ kind: 'input' })
  })

  test('of categories that are there twenty are named', async () => {
    const categories = Array.from({ length: 30 }, (_, i) => ({ id: i, name: `c${i}` }))
    await expect(one(coco([{ bbox: [1, 1, 2, 2], category_id: 99 }], { categories }))).rejects.toThrow(
      /there is no category 99 \(there are 0, .*, 19\)$/,
    )
  })

  test('pictures that are broken, or missing, are left out where that is asked', async () => {
    const images = ['a.png', 'b.png', 'c.png'].map((name, id) => ({ id, file_name: name }))
    const annotations = [0, 1, 2].map(id => ({ image_id: id, bbox: [1, 1, 2, 2] }))
    const folder = folderOf({
      'images/a.png': PICTURE,
      'images/b.png': PICTURE.subarray(0, 20),
      'annotations/x.json': coco(annotations, { images }),
    })
    const { clips, skipped } = await loadDataset(folder, { skipBroken: true })
    expect(clips.map(({ id }) => id)).toEqual(['images/a.png'])
    expect(skipped.map(({ path, reason }) => [path.slice(-5), reason.includes('exist')])).toEqual([
      ['c.png', true],
      ['b.png', false],
    ])
    const missing = Array.from({ length: 7 }, (_, id) => ({ id, file_name: `no${id}.png` }))
    await expect(one(coco([], { images: missing }))).rejects.toThrow(
      /no4\.png does not exist; and 2 more: put these/,
    )
    await expect(one(coco([], { images: missing.slice(0, 5) }))).rejects.toThrow(
      /no4\.png does not exist: put these/,
    )
    const twice = [0, 1].map(id => ({ id, file_name: 'a.png' }))
    await expect(one(coco([], { images: twice }))).rejects.toThrow(
      /a\.png is listed already, at .*images\[0\]/,
    )
    const ended = loadDataset(folder, { skipBroken: true, signal: AbortSignal.abort() })
    await expect(ended).rejects.toMatchObject({ code: 'interrupted' })
  })

  test('a file that is not there, or a folder', async () => {
    const folder = folderOf({ 'a.json/x': '' })
    await expect(loadDataset(join(folder, 'a.json'))).rejects.toMatchObject({ kind: 'input' })
  })
})
