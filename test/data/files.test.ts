import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadFolder, problemOf } from '../../src/data/folder.ts'
import { isPictureFile, isSequenceFile, isVideoFile, mediaType } from '../../src/data/media-types.ts'
import { inParallel } from '../../src/data/parallel.ts'
import { parseSplit, SPLIT_NAMES } from '../../src/data/split-names.ts'
import { readTable } from '../../src/data/table.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-files-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const written = (content: string | Uint8Array, name = 'table.csv') => {
  const path = join(root, name)
  writeFileSync(path, content)
  return path
}

describe('work on many files', () => {
  /** What was begun, and how many at once; item 2 takes longest. */
  async function worked(
    limit: number,
    more: { fails?: number; signal?: AbortSignal; onBegin?: () => void } = {},
  ) {
    let underWay = 0
    const seen = { most: 0, begun: [] as number[] }
    const work = async (item: number, index: number) => {
      seen.begun.push(item)
      more.onBegin?.()
      seen.most = Math.max(seen.most, ++underWay)
      await new Promise(resolve => setTimeout(resolve, item === 2 ? 20 : 5))
      underWay--
      if (item === more.fails) throw new Error(`item ${item} is broken`)
      return item * 10 + index
    }
    const result = inParallel([1, 2, 3, 4, 5], work, { limit, signal: more.signal })
    return { result: await result.catch(error => error), ...seen }
  }

  test('is done in the order of the items, so many at once', async () => {
    expect(await worked(2)).toEqual({ result: [10, 21, 32, 43, 54], most: 2, begun: [1, 2, 3, 4, 5] })
    expect((await worked(9)).most).toBe(5)
    expect(await inParallel([], async () => 1, { limit: 3 })).toEqual([])
  })

  test('ends with the first error, and begins nothing more', async () => {
    const { result, begun } = await worked(2, { fails: 1 })
    expect((result as Error).message).toBe('item 1 is broken')
    await new Promise(resolve => setTimeout(resolve, 40))
    expect(begun).toEqual([1, 2])
  })

  test('ends when it is told to', async () => {
    const controller = new AbortController()
    const { result, begun } = await worked(1, {
      signal: controller.signal,
      onBegin: () => controller.abort(),
    })
    expect([result, begun]).toMatchObject([{ code: 'interrupted' }, [1]])
  })
})

describe('names of files', () => {
  test('say what may be in them, in capitals too', () => {
    expect(['a.mp4', 'b/c.MKV', 'd.png', 'e.ogg', 'f.mp3', 'g.csv', 'h', 'mp4'].map(mediaType)).toEqual([
      ...['clip', 'clip', 'clip', 'clip', 'sound', undefined, undefined, undefined],
    ])
    expect(['a.mov', 'a.jpg', 'a.wav'].map(isVideoFile)).toEqual([true, true, false])
    expect(['a.NPY', 'a.tsv', 'a.csv', 'a.mp4', 'csv'].map(isSequenceFile)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
    expect(['a.JPEG', 'a.webp', 'a.gif', 'a.mp4'].map(isPictureFile)).toEqual([true, true, false, false])
  })

  test('of splits: val and validation are the reward split', () => {
    expect(['train', 'Test', 'PROBE', 'reward', 'val', 'Validation'].map(parseSplit)).toEqual([
      ...['train', 'test', 'probe', 'reward', 'reward', 'reward'],
    ])
    for (const other of ['training', '', 'toString']) expect(parseSplit(other)).toBeUndefined()
    expect(SPLIT_NAMES).toHaveLength(6)
  })
})

describe('a table', () => {
  const cells = async (content: string | Uint8Array, name?: string) => {
    const { rows, columns } = await readTable(written(content, name), ['path'])
    return { columns, rows: rows.map(({ cell, line }) => [line, ...columns.map(column => cell(column))]) }
  }

  test('has its rows by the columns’ names, trimmed; what is empty is not there', async () => {
    expect(await cells(' path , label\na.mp4, cat \n\nb.mp4,\n')).toEqual({
      columns: ['path', 'label'],
      rows: [
        [2, 'a.mp4', 'cat'],
        [4, 'b.mp4', undefined],
      ],
    })
    const { rows, file } = await readTable(written('path\na\n'), ['path'])
    expect(rows[0].where).toBe(`${file} line 2`)
    expect(rows[0].cell('label')).toBeUndefined()
  })

  test('may be separated by semicolons or tabs, and begin with a mark', async () => {
    const expected = { columns: ['path', 'label'], rows: [[2, 'a,b', 'c']] }
    expect(await cells('path;label\na,b;c\n')).toEqual(expected)
    expect(await cells('path\tlabel\na,b\tc\n')).toEqual(expected)
    expect(await cells('path\tlabel\na,b\tc\n', 'table.tsv')).toEqual(expected)
    expect(await cells('\ufeffpath;label\na,b;c\n')).toEqual(expected)
    const utf16 = Buffer.from('\ufeffpath;label\na,b;c\n', 'utf16le')
    expect(await cells(utf16)).toEqual(expected)
    expect(await cells(Buffer.from(utf16).swap16())).toEqual(expected)
    // A single column has no separator; in a .tsv a comma is none.
    expect(await cells('path\na,b\n', 'table.tsv')).toEqual({ columns: ['path'], rows: [[2, 'a,b']] })
  })

  test.each([
    ['', 'data.empty-manifest', 'is empty: it needs a line path,label'],
    ['path,label,path\n', 'data.column', "has two columns 'path'"],
    [
      'path,labl\n',
      'data.column',
      "no column 'label' ('labl' looks like it: rename it). Its columns are path, labl",
    ],
    ['path,x\n', 'data.column', "no column 'label'. Its columns are path, x"],
    ['path,label\na\0b,c\n', 'data.csv', 'is not a text file in UTF-8'],
    ['path,label\n"a,b\n', 'data.csv', 'is not a CSV file that can be read'],
  ])('%j is refused', async (content, code, words) => {
    const reading = readTable(written(content), ['path', 'label'])
    await expect(reading).rejects.toMatchObject({ code, exitCode: 2 })
    await expect(reading).rejects.toThrow(words)
  })

  test('columns without a name may be several; a file that is none is named', async () => {
    expect((await readTable(written('path,,\na,b,c\n'), ['path'])).columns).toEqual(['path', '', ''])
    await expect(readTable(join(root, 'nowhere.csv'), [])).rejects.toThrow(
      /nowhere\.csv can't be read: .*ENOENT/,
    )
  })
})

describe('a folder of clips', () => {
  const folder = (files: Readonly<Record<string, string>>) => {
    const dir = mkdtempSync(join(root, 'clips-'))
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(dir, name, '..'), { recursive: true })
      writeFileSync(join(dir, name), content)
    }
    return dir
  }
  const found = async (files: Readonly<Record<string, string>>, options = {}) => {
    const { clips, skipped } = await loadFolder(folder(files), options)
    return {
      clips: clips.map(({ id, label, split, group }) =>
        [id, label, split, group].filter(part => part !== undefined),
      ),
      skipped: skipped.map(({ reason }) => reason),
    }
  }

  test('passes over what is hidden; sound is left out, and said', async () => {
    const files = {
      'a/x.mp4': '1',
      'a/.y.mp4': '1',
      '.b/z.mp4': '1',
      '__MACOSX/z.mp4': '1',
      'a/s.mp3': '1',
      'top.mp4': '1',
    }
    expect(await found(files)).toEqual({ clips: [['a/x.mp4', 'a']], skipped: ['sound only'] })
  })

  test('a folder of one split’s name alone is a class', async () => {
    expect((await found({ 'test/x.mp4': '1' })).clips).toEqual([['test/x.mp4', 'test']])
    expect((await found({ 'test/a/x.mp4': '1', 'val/a/y.mp4': '1' })).clips).toEqual([
      ['test/a/x.mp4', 'a', 'test'],
      ['val/a/y.mp4', 'a', 'reward'],
    ])
  })

  test('a transport stream begins with G, TypeScript doesn’t', async () => {
    expect(
      (await found({ 'a/x.ts': 'G1', 'a/y.ts': 'import', 'a/z.TS': '' }, { skipBroken: true })).clips,
    ).toEqual([['a/x.ts', 'a']])
  })

  test('recordings are those that folders below a class tell apart', async () => {
    expect((await found({ 'a/one/x.mp4': '1', 'a/two/y.mp4': '1' })).clips).toEqual([
      ['a/one/x.mp4', 'a', 'one'],
      ['a/two/y.mp4', 'a', 'two'],
    ])
    expect((await found({ 'a/one/x.mp4': '1', 'b/one/y.mp4': '1' })).clips).toEqual([
      ['a/one/x.mp4', 'a'],
      ['b/one/y.mp4', 'b'],
    ])
  })

  test.each([
    [{ 'x.mp4': '1' }, 'data.no-classes', 'holds videos without class folders'],
    [{ 'notes.txt': '1' }, 'data.no-videos', /there are no videos in [^ ]*: put the videos/],
    [{ 'a/notes.txt': '1' }, 'data.no-videos', ' nor in its folders (a): put'],
    [{ 'mine.csv': '1' }, 'data.no-videos', '(or name one of its manifests: mine.csv)'],
    [{ 'a/x.mp4': '' }, 'data.file', 'is empty (0 bytes): remove it, or have broken files skipped'],
  ])('%j is refused', async (files, code, words) => {
    const loading = found(files as Record<string, string>)
    await expect(loading).rejects.toMatchObject({ code })
    await expect(loading).rejects.toThrow(words)
  })

  test('ends when it is told to', async () => {
    await expect(found({ 'a/x.mp4': '1' }, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    })
  })

  test('what is wrong with a file is said in words', async () => {
    const dir = folder({ 'a/x.mp4': '1', 'a/empty.mp4': '' })
    symlinkSync('/nowhere/else', join(dir, 'broken.mp4'))
    const problems = ['a/x.mp4', 'a/empty.mp4', 'a', 'broken.mp4', 'none'].map(name =>
      problemOf(join(dir, name)),
    )
    expect(await Promise.all(problems)).toEqual([
      ...[undefined, 'is empty (0 bytes)', 'is not a file', 'does not exist', 'does not exist'],
    ])
  })
})
