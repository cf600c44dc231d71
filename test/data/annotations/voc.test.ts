import { describe, expect, test } from 'vitest'
import { loadDataset } from '../../../src/data/load.ts'
import { type Files, folderOf, png, voc, vocObject } from './fixtures.ts'

const PICTURE = png(40, 30)
const CAT = vocObject('cat', [1, 1, 5, 5])

async function loaded(files: Files) {
  const { clips } = await loadDataset(folderOf(files))
  return clips.map(({ id, split, annotation }) => [id, split, annotation?.boxes?.[0].boxes.length])
}
const one = (xml: string) => loaded({ 'JPEGImages/a.png': PICTURE, 'Annotations/a.xml': xml })

describe('Pascal VOC', () => {
  test('other files beside the XML are left alone; the order is that of names', async () => {
    const files = {
      'JPEGImages/b.png': PICTURE,
      'JPEGImages/a.png': PICTURE,
      'JPEGImages/notes.txt': 'words',
      'Annotations/readme.md': 'no XML',
      'Annotations/b.xml': voc(CAT, { filename: 'b.png' }),
      'Annotations/a.xml': voc(CAT + CAT.replaceAll('5', '6')),
    }
    expect(await loaded(files)).toEqual([
      ['JPEGImages/a.png', undefined, 2],
      ['JPEGImages/b.png', undefined, 1],
    ])
  })

  test('the picture is the one of the XML’s name, else the one that it names, wherever it says that lay', async () => {
    expect(await one(voc(CAT, { filename: 'other.png' }))).toEqual([['JPEGImages/a.png', undefined, 1]])
    const files = {
      'JPEGImages/c.png': PICTURE,
      'Annotations/x.xml': voc(CAT, { filename: '/home/me/c.png' }),
    }
    expect(await loaded(files)).toEqual([['JPEGImages/c.png', undefined, 1]])
    const nowhere = {
      'JPEGImages/c.png': PICTURE,
      'Annotations/x.xml': '<annotation><filename> </filename></annotation>',
    }
    await expect(loaded(nowhere)).rejects.toThrow(/x\.xml: .*x\.jpg does not exist/)
  })

  test('sizes and objects may be left out, and elements be empty', async () => {
    for (const xml of [
      '<annotation/>',
      '<annotation></annotation>',
      '<annotation>words</annotation>',
      '<annotation><size/></annotation>',
      '<annotation><size><width>4</width></size></annotation>',
      '<annotation><size><width>0</width><height>x</height></size></annotation>',
    ])
      expect(await one(xml)).toEqual([['JPEGImages/a.png', undefined, 0]])
    expect(await one(voc(CAT))).toEqual([['JPEGImages/a.png', undefined, 1]])
  })

  test.each([
    ['<annotation><object/></annotation>', "object[1]/bndbox/xmin is ''"],
    ['<annotation><object>x</object></annotation>', "object[1]/bndbox/xmin is ''"],
    [voc(CAT.replace('<xmax>5', '<xmax>five')), "object[1]/bndbox/xmax is 'five'"],
    ['', 'is not XML'],
    ['<other/>', 'has no element annotation'],
  ])('%j is refused', async (xml, words) => {
    await expect(one(xml)).rejects.toThrow(words)
    await expect(one(xml)).rejects.toMatchObject({ kind: 'input' })
  })

  test('sets: by the first word of each line; of two the first that isn’t trainval', async () => {
    const pictures = Object.fromEntries(['a', 'b', 'c', 'd'].map(name => [`JPEGImages/${name}.png`, PICTURE]))
    const files = {
      ...pictures,
      'Annotations/a.xml': voc(CAT),
      'ImageSets/Main/train.txt': 'a  1\r\n\r\n',
      'ImageSets/Main/val.txt': ' b -1\n',
      'ImageSets/Main/trainval.txt': 'a\nb\nd\n',
    }
    expect(await loaded(files)).toEqual([
      ['JPEGImages/a.png', 'train', 1],
      ['JPEGImages/b.png', 'reward', 0],
      ['JPEGImages/c.png', undefined, 0],
      ['JPEGImages/d.png', 'train', 0],
    ])
    await expect(loaded({ ...files, 'ImageSets/Main/test.txt': 'b\n' })).rejects.toThrow(
      /test\.txt line 1: b is in a set already, at .*val\.txt line 1/,
    )
    await expect(loaded({ ...files, 'ImageSets/Main/test.txt/x': '' })).rejects.toThrow(
      /test\.txt can't be read/,
    )
  })
})
