import { describe, expect, test } from 'vitest'
import { layergym } from '../support/e2e.ts'

interface Entry {
  readonly id: string
  readonly description: string
  readonly needs?: string
}

describe('layergym list', () => {
  test('each task says what it gives and what data it needs', async () => {
    const { out } = await layergym(['list', 'tasks', '--json'])
    const tasks: readonly Entry[] = JSON.parse(out).tasks
    expect(tasks.map(({ id }) => id)).toEqual([
      'action-recognition',
      'scene-classification',
      'object-detection',
      'scene-segmentation',
      'temporal-segmentation',
    ])
    for (const { description, needs = '' } of tasks) {
      expect(description.length).toBeGreaterThan(10)
      expect(needs.length).toBeGreaterThan(10)
    }
    const words = (await layergym(['list', 'tasks'])).out
    expect(words).toMatch(
      /^ {2}object-detection +boxes round objects.*\n +needs pictures or clips with boxes/m,
    )
  })

  test('whatever can be named is described', async () => {
    const { out } = await layergym(['list', '--json'])
    for (const [kind, entries] of Object.entries<readonly Entry[]>(JSON.parse(out)))
      for (const { id, description } of entries)
        expect(description.length, `${kind} ${id}`).toBeGreaterThan(5)
  })

  test('other kinds need nothing but their descriptions', async () => {
    const { out } = await layergym(['list', 'rewards', '--json'])
    for (const entry of JSON.parse(out).rewards) expect(Object.keys(entry)).toEqual(['id', 'description'])
  })
})
