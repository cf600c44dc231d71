import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadDataset } from '../../../src/data/load.ts'
import { type Files, folderOf, lines, png } from './fixtures.ts'

const PICTURE = png(40, 20)

async function loaded(files: Files, name = 'data.yaml') {
  const folder = folderOf(files)
  const { clips, boxClasses } = await loadDataset(join(folder, name))
  return {
    boxClasses,
    clips: clips.map(({ id, split, annotation }) => [
      id,
      split,
      ...(annotation?.boxes?.[0].boxes ?? []).map(({ label, x, y, width, height }) =>
        [label, ...[x, y, width, height].map(value => Math.round(value * 1e6) / 1e6)].join(' '),
      ),
    ]),
  }
}
const one = (labels: string, settings = 'names: [cat, dog]\ntrain: images\n') =>
  loaded({ 'images/a.png': PICTURE, 'labels/a.txt': labels, 'data.yaml': settings })

describe('settings of YOLO', () => {
  test('without splits the pictures are those of images/', async () => {
    const files = {
      'images/a.png': PICTURE,
      'images/deep/b.png': PICTURE,
      'labels/deep/b.txt': '0 .5 .5 1 1',
    }
    const expected = [
      ['images/a.png', undefined],
      ['images/deep/b.png', undefined, 'cat 0 0 40 20'],
    ]
    for (const settings of ['names: [cat]\n', 'names: [cat]\ntrain:\nval: ""\n'])
      expect((await loaded({ ...files, 'data.yaml': settings })).clips).toEqual(expected)
    await expect(loaded({ 'a.png': PICTURE, 'data.yaml': 'names: [cat]\n' })).rejects.toThrow(
      /there is no folder .*images, and nothing says where the pictures are/,
    )
  })

  test('path is where the folders are, if it is there; ../ may be too much', async () => {
    const files = { 'sets/mine/train/images/a.png': PICTURE, 'sets/mine/valid/images/b.png': PICTURE }
    const settings =
      'names: [cat]\ntrain: train/images\nval: ../valid/images\ntest: ../../mine/valid/images\n'
    await expect(loaded({ ...files, 'data.yaml': settings })).rejects.toThrow(/train: there is nothing at/)
    const both = 'names: [cat]\npath: sets/mine\ntrain: train/images\nval: ../valid/images\n'
    expect((await loaded({ ...files, 'data.yaml': both })).clips).toEqual([
      ['sets/mine/train/images/a.png', 'train'],
      ['sets/mine/valid/images/b.png', 'reward'],
    ])
    const moved = 'names: [cat]\npath: /nowhere/else\ntrain: sets/mine/train/images\n'
    expect((await loaded({ ...files, 'data.yaml': moved })).clips).toHaveLength(1)
  })

  test('a split may be several folders; hidden files are none of it', async () => {
    const files = {
      'x/b.png': PICTURE,
      'x/a.png': PICTURE,
      'x/.c.png': PICTURE,
      'x/.d/e.png': PICTURE,
      'y/f.png': PICTURE,
      'y/f.txt': '1 0.25 0.5 0.5 1\n',
      'data.yaml': 'names: {0: cat, 1: 7}\ntrain: [x, y]\n',
    }
    expect(await loaded(files)).toEqual({
      boxClasses: ['7'],
      // Beside the picture, where no folder is called images.
      clips: [
        ['x/a.png', undefined],
        ['x/b.png', undefined],
        ['y/f.png', undefined, '7 0 0 20 20'],
      ],
    })
  })

  test('labels lie under labels/ for the last folder that is called images', async () => {
    const files = {
      'images/images/a.png': PICTURE,
      'images/labels/a.txt': '0 0.5 0.5 0.5 0.5\n',
      'labels/images/a.txt': '0 0.5 0.5 1 1\n',
      'data.yaml': 'names: [cat]\ntrain: images/images\n',
    }
    expect((await loaded(files)).clips).toEqual([['images/images/a.png', undefined, 'cat 10 5 20 10']])
  })

  test('a list names pictures from its own folder, or wherever they are', async () => {
    const elsewhere = join(folderOf({ 'b.png': PICTURE }), 'b.png')
    const files = {
      'lists/a.png': PICTURE,
      'lists/all.txt': `a.png\r\n\r\n  ${elsewhere}  \n`,
      'data.yaml': 'names: [cat]\ntrain: lists/all.txt\n',
    }
    expect((await loaded(files)).clips.map(([id]) => (id as string).replace(/^.*\//, ''))).toEqual([
      'a.png',
      'b.png',
    ])
    const missing = { ...files, 'lists/all.txt': 'a.png\nno.png\n' }
    await expect(loaded(missing)).rejects.toThrow(/all\.txt line 2: .*no\.png does not exist/)
  })

  test.each([
    ['names: [cat, " cat "]\n', "names: 'cat' is there twice"],
    ['names: {-1: cat}\n', 'names: -1: "cat" must be a number and a name'],
    ['names: {1.5: cat}\n', 'must be a number and a name'],
    ['names: {one: cat}\n', 'must be a number and a name'],
    ['names: [" "]\n', 'must be a number and a name'],
    ['names: [[cat]]\n', 'must be a number and a name'],
    ['names: cat\n', 'has no names'],
    ['names: [cat]\nnc: 1.0e0\ntrain: 7\n', 'train: 7 must be a folder'],
    ['[cat]\n', 'must hold names, and train, val and test'],
    ['cat\n', 'must hold names, and train, val and test'],
    ['', 'must hold names, and train, val and test'],
    [`names: [cat] #${' '.repeat(2 ** 20)}\n`, "can't be read"],
  ])('%j is refused', async (settings, words) => {
    await expect(one('', settings)).rejects.toThrow(words)
  })
})

describe('labels of YOLO', () => {
  test('are a middle and sides, or points; of the picture’s sides', async () => {
    const polygon = '1 0.1 0.2 0.5 0.1 0.3 0.9'
    const { clips } = await one(lines('  0   0.5 0.5 0.5 0.5  ', '', polygon))
    expect(clips[0].slice(2)).toEqual(['cat 10 5 20 10', 'dog 4 2 16 16'])
  })

  test.each([
    ['0\n', 'has 1 numbers, and must have 5'],
    ['0 0.1 0.1 0.2 0.2 0.3\n', 'has 6 numbers'],
    ['0 0.1 0.1 0.2 0.2 0.3 0.3 0.4\n', 'has 8 numbers'],
    ['-1 0.5 0.5 1 1\n', 'there is no class -1'],
    ['0 0.5 0.5 1 Infinity\n', "'Infinity' is no number"],
    ['0 0.5 0.5 0 1\n', 'has no area'],
  ])('%j is refused', async (labels, words) => {
    await expect(one(labels)).rejects.toThrow(words)
  })
})
