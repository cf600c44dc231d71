import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadDataset } from '../../src/data/load.ts'
import { readSequence } from '../../src/data/sequence.ts'
import { coco, type Files, folderOf, lines, png, voc, vocObject } from './annotations/fixtures.ts'

const picture = png(40, 30)
const VOC: Files = {
  'Annotations/a.xml': voc(vocObject('cat', [1, 1, 5, 5])),
  'ImageSets/Main/train.txt': 'a\n',
  'JPEGImages/a.png': picture,
}
const YOLO: Files = {
  'data.yaml': 'train: train.txt\nval: images\nnames: [a, b]\n',
  'train.txt': 'images/a.png\n',
  'images/a.png': picture,
  'labels/a.txt': '0 0.5 0.5 0.2 0.2\n',
}
const MASKS: Files = {
  'labels.csv': lines('path,mask', 'a.png,m.png'),
  'classes.csv': lines('name,index', 'u,0'),
  'a.png': picture,
  'm.png': picture,
}
/** Each file that is read, and the data set around it. */
const CASES: readonly (readonly [string, Files])[] = [
  [
    'annotations/instances_train.json',
    { 'annotations/instances_train.json': coco([]), 'images/a.png': picture },
  ],
  ['Annotations/a.xml', VOC],
  ['ImageSets/Main/train.txt', VOC],
  ['train.txt', YOLO],
  ['labels/a.txt', YOLO],
  ['m.png', MASKS],
]

/** In place of a file: what is never at its end. */
const INSTEAD: Readonly<Record<string, (path: string) => void>> = {
  'a pipe that nobody writes to': path => execFileSync('mkfifo', [path]),
  'a device without an end': path => symlinkSync('/dev/zero', path),
}

describe.each(Object.entries(INSTEAD))('%s is refused and named, not waited for:', (_, put) => {
  test.each(CASES)('%s', async (name, files) => {
    const path = join(folderOf(files), name)
    rmSync(path)
    mkdirSync(dirname(path), { recursive: true })
    put(path)
    const loading = loadDataset(path.slice(0, -name.length))
    await expect(loading).rejects.toMatchObject({ exitCode: 2 })
    await expect(loading).rejects.toThrow(path)
    await expect(loading).rejects.toThrow('it is no regular file')
  })

  test('as a data set', async () => {
    const path = join(folderOf({}), 'labels.csv')
    put(path)
    await expect(loadDataset(path)).rejects.toMatchObject({ code: 'data.not-a-dataset' })
  })

  test('as a clip in a folder of classes, whose first byte says what it is', async () => {
    const folder = folderOf({ 'a/b.png': picture, 'b/c.png': picture })
    put(join(folder, 'a', 'p.ts'))
    const { clips, skipped } = await loadDataset(folder, { skipBroken: true })
    expect(clips.map(({ id }) => id)).toEqual(['a/b.png', 'b/c.png'])
    expect(skipped).toMatchObject([{ reason: 'is not a file' }])
  })

  test('as a sequence', async () => {
    const path = join(folderOf({}), 'a.csv')
    put(path)
    await expect(readSequence(path)).rejects.toMatchObject({ code: 'sequence.unreadable' })
  })
})
