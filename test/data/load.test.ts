import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Dataset, LoadOptions } from '../../src/data/dataset.ts'
import { datasetFingerprint } from '../../src/data/fingerprint.ts'
import { loadDataset } from '../../src/data/load.ts'
import { SHIPPED, temporaryFolder } from './fixtures.ts'

/** A folder with these files; what they hold doesn't matter to labels. */
function folderOf(...names: string[]): string {
  const folder = temporaryFolder()
  for (const name of names) write(folder, name, 'pixels')
  return folder
}

function write(folder: string, name: string, content: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}

function manifest(...lines: string[]): string {
  return write(folderOf('a.mp4', 'b.mp4', 'c d.mp4'), 'my.csv', `${lines.join('\n')}\n`)
}

const summary = ({ clips }: Dataset) => clips.map(({ id, label, split, group }) => [id, label, split, group])

describe('a folder of class folders', () => {
  test('takes labels from folders, pictures as clips, and leaves other files alone', async () => {
    const folder = folderOf(
      'b/2.MP4',
      'a/1.webm',
      'a/notes.txt',
      'b/picture.png',
      'b/.hidden.mp4',
      'readme.md',
    )
    const data = await loadDataset(folder)
    expect(data.classes).toEqual(['a', 'b'])
    expect(data.clips.map(clip => clip.id)).toEqual(['a/1.webm', 'b/2.MP4', 'b/picture.png'])
    expect(data.clips[0].path).toBe(join(folder, 'a', '1.webm'))
    expect(data.hasGroups).toBe(false)
  })

  test('takes files of numbers for clips where there is no video; beside one they are none', async () => {
    const numbers = await loadDataset(folderOf('train/a/1.csv', 'train/b/2.npy', 'test/a/3.CSV', 'x.csv'))
    expect(summary(numbers)).toEqual([
      ['test/a/3.CSV', 'a', 'test', undefined],
      ['train/a/1.csv', 'a', 'train', undefined],
      ['train/b/2.npy', 'b', 'train', undefined],
    ])
    const mixed = await loadDataset(folderOf('a/1.mp4', 'a/1.csv', 'b/2.mp4'))
    expect(mixed.clips.map(({ id }) => id)).toEqual(['a/1.mp4', 'b/2.mp4'])
  })

  test('folders below a class are recordings', async () => {
    const data = await loadDataset(folderOf('a/r1/1.mp4', 'a/r1/2.mp4', 'b/r2/1.mp4'))
    expect(data.clips.map(clip => clip.group)).toEqual(['r1', 'r1', 'r2'])
    expect(data.hasGroups).toBe(true)
    expect((await loadDataset(folderOf('a/videos/1.mp4', 'b/videos/2.mp4'))).hasGroups).toBe(false)
  })

  test('folders named after splits are splits', async () => {
    const data = await loadDataset(folderOf('train/a/1.mp4', 'train/b/2.mp4', 'val/a/3.mp4', 'test/b/4.mp4'))
    expect(data.classes).toEqual(['a', 'b'])
    expect(data.clips.map(clip => clip.split)).toEqual(['test', 'train', 'train', 'reward'])
  })

  test('links are followed, a loop once, and TypeScript is no video', async () => {
    const folder = folderOf('a/1.mp4', 'b/code.ts')
    const elsewhere = folderOf('x.mp4')
    symlinkSync(join(elsewhere, 'x.mp4'), join(folder, 'b', 'link.mp4'))
    symlinkSync(folder, join(folder, 'a', 'loop'))
    write(folder, 'b/stream.ts', 'G is how a transport stream begins')
    const data = await loadDataset(folder)
    expect(data.clips.map(clip => clip.id)).toEqual(['a/1.mp4', 'b/link.mp4', 'b/stream.ts'])
  })

  test('empty files and broken links are named, or skipped and listed', async () => {
    const folder = folderOf('a/1.mp4', 'b/2.mp4')
    const empty = write(folder, 'b/3.mp4', '')
    await rejects(folder, {}, 'data.file', empty)
    symlinkSync('/nowhere/at/all.mp4', join(folder, 'a', 'link.mp4'))
    const { skipped, clips } = await loadDataset(folder, { skipBroken: true })
    expect(clips).toHaveLength(2)
    expect(skipped.map(file => file.path).sort()).toEqual([join(folder, 'a', 'link.mp4'), empty])
  })

  test.each([
    ['data.no-videos', ['a/readme.txt', 'b/notes.md'], 'no videos'],
    ['data.no-classes', ['1.mp4', '2.mp4'], 'labels.csv'],
  ])('%s', async (code, names, words) => rejects(folderOf(...names), {}, code, words))

  test('a group column needs a manifest', async () => {
    await rejects(folderOf('a/1.mp4', 'b/2.mp4'), { groupColumn: 'who' }, 'data.group-column', "'who'")
  })
})

describe('a manifest', () => {
  test('gives labels, splits, groups and pieces; other columns are ignored', async () => {
    const file = manifest(
      'path,label,split,group,start,end,colour',
      'a.mp4,yes,train,g1,0.5,1,red',
      'a.mp4,no,Validation,g1,1,2,blue',
      '"c d.mp4",no,,,,,',
    )
    const data = await loadDataset(file)
    expect(summary(data)).toEqual([
      ['a.mp4#0.5-1', 'yes', 'train', 'g1'],
      ['a.mp4#1-2', 'no', 'reward', 'g1'],
      ['c d.mp4', 'no', undefined, undefined],
    ])
    expect(data.clips[0]).toMatchObject({ start: 0.5, end: 1, path: join(dirname(file), 'a.mp4') })
  })

  test('is read from labels.csv in a folder, with another separator, a byte order mark and CRLF', async () => {
    const file = manifest('x')
    write(dirname(file), 'labels.csv', '\ufeffpath;label\r\na.mp4;x\r\n\r\nb.mp4;y\r\n')
    expect(summary(await loadDataset(dirname(file))).map(row => row[1])).toEqual(['x', 'y'])
  })

  test('groups by the column named', async () => {
    const file = manifest('path,label,group,who', 'a.mp4,x,1,ann', 'b.mp4,y,2,ann')
    expect((await loadDataset(file)).clips.map(clip => clip.group)).toEqual(['1', '2'])
    const data = await loadDataset(file, { groupColumn: 'who' })
    expect(data.clips.map(clip => clip.group)).toEqual(['ann', 'ann'])
    await rejects(file, { groupColumn: 'woh' }, 'data.group-column', "did you mean 'who'")
  })

  const fine = 'a.mp4,x'
  test.each([
    [
      'data.split',
      ['path,label,split', 'a.mp4,x,train', 'b.mp4,y,tset'],
      /line 3.*'tset'.*'test'.*allowed: train/,
    ],
    ['data.column', ['path,lable', fine], /no column 'label' \('lable'/],
    ['data.column', ['file,label', fine], /no column 'path'/],
    ['data.column', ['path,label,label', 'a.mp4,x,x'], /two columns 'label'/],
    ['data.piece', ['path,label,start', 'a.mp4,x,soon'], /line 2: start is 'soon'/],
    ['data.piece', ['path,label,start', 'a.mp4,x,-1'], /line 2: start is '-1'/],
    ['data.piece', ['path,label,start,end', 'a.mp4,x,2,2'], /line 2: end \(2\) must be after start/],
    ['data.piece', ['path,label,end', 'a.mp4,x,0'], /line 2: end \(0\) must be after start \(0\)/],
    ['data.piece', ['path,label,start,end', 'a.mp4,x,3,2'], /line 2: end \(2\) must be after start \(3\)/],
    ['data.piece', ['path,label,end', 'a.mp4,x,Infinity'], /line 2: end is 'Infinity'/],
    ['data.label', ['path,label', fine, 'b.mp4,'], /line 3: b.mp4 has no label/],
    ['data.path', ['path,label', ',x'], /line 2: the path is empty/],
    ['data.file', ['path,label', fine, 'no.mp4,y'], /line 3: .*no.mp4 does not exist/],
    ['data.duplicate', ['path,label', fine, 'a.mp4,y'], /line 3: a.mp4 .*line 2/],
    ['data.csv', ['path,label', fine, 'b.mp4'], /line 3/],
    ['data.no-videos', ['path,label'], /no clip/],
  ])('%s: %j', async (code, lines, words) => rejects(manifest(...lines), {}, code, words))

  test('missing files are skipped and listed when asked', async () => {
    const file = manifest('path,label', fine, 'b.mp4,y', 'no.mp4,y')
    const { clips, skipped } = await loadDataset(file, { skipBroken: true })
    expect(clips).toHaveLength(2)
    expect(skipped).toEqual([{ path: join(dirname(file), 'no.mp4'), reason: 'does not exist (line 4)' }])
  })

  test('labels.csv without labels names the manifests beside it', async () => {
    const file = manifest('path,label', fine)
    write(dirname(file), 'labels.csv', 'path,first,second\n')
    await rejects(dirname(file), {}, 'data.column', 'my.csv')
    for (const name of ['b.CSV', 'a.csv', 'notes.csv.txt']) write(dirname(file), name, '')
    await rejects(dirname(file), {}, 'data.column', /; other manifests beside it: a\.csv, b\.CSV, my\.csv$/)
    const alone = write(folderOf('a.mp4'), 'labels.csv', 'path,first\n')
    await rejects(alone, {}, 'data.column', /no column 'label'.*Its columns are path, first$/)
  })

  test('of missing files five are named; a split, a piece, a group of its own', async () => {
    const names = Array.from({ length: 7 }, (_, i) => `no${i}.mp4,x`)
    await rejects(
      manifest('path,label', ...names),
      {},
      'data.file',
      /line 6: .*no4\.mp4 does not exist; and 2 more: mend/,
    )
    await rejects(
      manifest('path,label', ...names.slice(0, 5)),
      {},
      'data.file',
      /no4\.mp4 does not exist: mend/,
    )
    await rejects(
      manifest('path,label,split', 'a.mp4,x,other'),
      {},
      'data.split',
      /unknown split 'other' \(allowed/,
    )
    const { clips } = await loadDataset(
      manifest('path,label,start,end', 'a.mp4,x,1,', 'b.mp4,y,,2', './a.mp4,y,0,1'),
    )
    expect(clips.map(({ id }) => id)).toEqual(['a.mp4#1-', 'b.mp4#0-2', 'a.mp4#0-1'])
    await rejects(
      manifest('path,label', fine),
      { groupColumn: 'zzzzzz' },
      'data.group-column',
      /to group by \(columns: path, label\)/,
    )
    const ended = loadDataset(manifest('path,label', fine, 'b.mp4,y'), { signal: AbortSignal.abort() })
    await expect(ended).rejects.toMatchObject({ code: 'interrupted' })
  })
})

describe("a manifest's encoding", () => {
  const text = 'path,label\na.mp4,grün\nb.mp4,b\n'
  const bytes = {
    'UTF-8': Buffer.from(text),
    'UTF-8 with a mark': Buffer.from(`\ufeff${text}`),
    'UTF-16 LE': Buffer.from(`\ufeff${text}`, 'utf16le'),
    'UTF-16 BE': Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
    'UTF-16 LE with tabs, as spreadsheets save it': Buffer.from(
      `\ufeff${text.replaceAll(',', '\t').replaceAll('\n', '\r\n')}`,
      'utf16le',
    ),
  }

  test.each(Object.entries(bytes))('%s', async (_, content) => {
    const path = join(folderOf('a.mp4', 'b.mp4'), 'my.csv')
    writeFileSync(path, content)
    const { classes, clips } = await loadDataset(path)
    expect(classes).toEqual(['b', 'grün'])
    expect(clips.map(({ id }) => id)).toEqual(['a.mp4', 'b.mp4'])
  })

  test('UTF-16 without a mark says how to save it', async () => {
    const path = join(folderOf('a.mp4'), 'my.csv')
    writeFileSync(path, Buffer.from(text, 'utf16le'))
    await expect(loadDataset(path)).rejects.toThrow(
      /my\.csv is not a text file in UTF-8.*save it as CSV in UTF-8/,
    )
  })
})

describe('what is no dataset', () => {
  test('is said so, with the near name', async () => {
    const file = manifest('path,label')
    await rejects(join(dirname(file), 'mu.csv'), {}, 'data.not-found', `did you mean ${file}`)
    await rejects(join(dirname(file), 'a.mp4'), {}, 'data.not-a-dataset', 'a.mp4')
  })
})

describe('the shipped clips', () => {
  test('load, with groups and splits', async () => {
    const data = await loadDataset(SHIPPED)
    expect(data.clips).toHaveLength(240)
    expect(data.classes).toHaveLength(4)
    expect(data.hasGroups).toBe(true)
    expect(data.clips.filter(clip => clip.split === 'test')).toHaveLength(80)
  })

  test('fingerprint: the same from elsewhere; another label, split or content changes it', async () => {
    const make = (label: string, split: string, content: string) => {
      const folder = folderOf('a.mp4')
      write(folder, 'b.mp4', content)
      return loadDataset(write(folder, 'm.csv', `path,label,split\na.mp4,x,train\nb.mp4,${label},${split}\n`))
    }
    const print = async (...args: [string, string, string]) => datasetFingerprint(await make(...args))
    const first = await print('y', 'test', '1')
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(await print('y', 'test', '1')).toBe(first)
    for (const other of [print('z', 'test', '1'), print('y', 'train', '1'), print('y', 'test', '2')])
      expect(await other).not.toBe(first)
  })
})

async function rejects(
  path: string,
  options: LoadOptions,
  code: string,
  words: string | RegExp,
): Promise<void> {
  const loading = loadDataset(path, options)
  await expect(loading).rejects.toMatchObject({ code, exitCode: 2 })
  await expect(loading).rejects.toThrow(words)
}
