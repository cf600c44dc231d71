import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { outcomeFile, renameOlder } from '../../../../src/runner/jobs/study/outcome.ts'

/** Names as a study's file may have them; short, and of signs that the file's name has too. */
const name = fc.string({ unit: fc.constantFrom('a', '1', '-', '.', '_', '='), minLength: 1, maxLength: 6 })
const key = fc.record({ instance: name, seed: fc.integer({ min: 0, max: 12 }), contender: name })

describe("an outcome's file", () => {
  property.prop([key, key])("is that outcome's alone", (one, other) => {
    const same =
      one.instance === other.instance && one.seed === other.seed && one.contender === other.contender
    expect(outcomeFile(one) === outcomeFile(other)).toBe(same)
  })

  test('tells apart what one name stood for earlier', () => {
    const one = outcomeFile({ instance: 'a--1', seed: 1, contender: 'x' })
    expect(one).not.toBe(outcomeFile({ instance: 'a', seed: 1, contender: '1--x' }))
  })

  test('of an earlier version gets the name that is its own', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'layergym-test-'))
    const outcome = { instance: 'a--1', seed: 1, contender: 'x', accuracy: 0.5 }
    await writeFile(join(folder, 'a--1--1--x.json'), JSON.stringify(outcome))
    await writeFile(join(folder, 'b@2@y.json'), '{}')
    await renameOlder(folder)
    expect((await readdir(folder)).sort()).toEqual(['a--1@1@x.json', 'b@2@y.json'])
    expect(JSON.parse(await readFile(join(folder, 'a--1@1@x.json'), 'utf8'))).toEqual(outcome)
  })
})
