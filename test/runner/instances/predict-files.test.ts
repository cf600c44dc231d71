import { describe, expect, test } from 'vitest'
import { failure, inputError } from '../../../src/common/error.ts'
import type { Clip, Item } from '../../../src/data/dataset.ts'
import { predictFiles } from '../../../src/runner/instances/apply.ts'
import type { BrokenFile } from '../../../src/runner/instances/saved-model.ts'

const clipOf = (path: string): Clip => ({ id: path, path, label: '' })

/** A model that says a path's length, two clips at a time; it can't cut `uncut` nor decode `torn`. */
function model(trouble: () => Error = () => inputError('video.broken', 'uncut is broken')) {
  const decode = (clips: readonly Clip[]) => clips.filter(({ path }) => path !== 'torn')
  return {
    task: { predict: (outputs: unknown) => outputs as unknown[] },
    format: {},
    inPieces: false,
    async pieces([path]: readonly string[]) {
      if (path === 'uncut') throw trouble()
      return [clipOf(path)]
    },
    async run(clips: readonly Clip[], use: (outputs: never, items: readonly Item[]) => void, skip = false) {
      const whole = decode(clips)
      if (whole.length < clips.length && !skip) throw inputError('video.broken', 'torn is broken')
      for (let from = 0; from < whole.length; from += 2) {
        const batch = whole.slice(from, from + 2)
        use(batch.map(({ path }) => path.length) as never, batch)
      }
      return clips.filter(clip => !whole.includes(clip)).map(clip => ({ clip, reason: 'torn is broken' }))
    },
  } as unknown as Parameters<typeof predictFiles>[0]
}

const hooks = { signal: new AbortController().signal, onEvent: () => undefined }
const PATHS = ['a', 'uncut', 'bcd', 'torn', 'ef']

describe('files that can’t be read', () => {
  test('are left out and named; the others keep their own answers', async () => {
    const broken: BrokenFile[] = []
    const predicted = await predictFiles(model(), PATHS, {
      ...hooks,
      onBroken: file => void broken.push(file),
    })
    expect(predicted.map(({ path, whole }) => [path, whole])).toEqual([
      ['a', 1],
      ['bcd', 3],
      ['ef', 2],
    ])
    expect(broken).toEqual([
      { path: 'uncut', reason: 'uncut is broken' },
      { path: 'torn', reason: 'torn is broken' },
    ])
  })

  test('are an error where nobody takes them', async () => {
    await expect(predictFiles(model(), PATHS, hooks)).rejects.toThrow('uncut is broken')
    await expect(predictFiles(model(), ['a', 'torn'], hooks)).rejects.toThrow('torn is broken')
  })

  test('a failure that is no file’s ends it', async () => {
    const full = model(() => failure('cache.full', 'no space left'))
    await expect(predictFiles(full, PATHS, { ...hooks, onBroken: () => undefined })).rejects.toThrow(
      'no space',
    )
  })
})
