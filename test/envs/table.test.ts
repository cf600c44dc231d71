import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readTable, tableEnv, tableMdp } from '../../src/envs/exact/table.ts'
import type { TabularEnv } from '../../src/envs/exact/tabular.ts'

const dir = mkdtempSync(join(tmpdir(), 'layergym-table-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const node = (path: readonly number[], reward: number, terminated: boolean) => ({ path, reward, terminated })
/** Going on pays little now, and then the more. */
const TABLE = {
  format: 'layergym table 1' as const,
  choices: ['end', 'go on'],
  nodes: [node([0], 0.5, true), node([1], 0.1, false), node([1, 0], 0.2, true), node([1, 1], 0.7, true)].map(
    each => ({ ...each, path: [...each.path] }),
  ),
}
const written = (content: unknown) => {
  const path = join(dir, 'table.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('a table of courses', () => {
  test('is read as it was written', async () => {
    expect(await readTable(written(TABLE))).toEqual(TABLE)
  })

  test.each([
    ['no JSON', '{', 'JSON'],
    ['another format', { ...TABLE, format: 'layergym table 2' }, 'format'],
    ['no choices', { ...TABLE, choices: [] }, 'choices'],
    ['a course of nothing', { ...TABLE, nodes: [node([], 1, true)] }, 'nodes.0.path'],
    ['a gap at the start', { ...TABLE, nodes: TABLE.nodes.slice(1) }, 'the course 0 is missing'],
    ['a gap within', { ...TABLE, nodes: TABLE.nodes.slice(0, 3) }, 'the course 1/1 is missing'],
  ])('that has %s is none', async (_, content, why) => {
    const reading = readTable(written(content))
    await expect(reading).rejects.toMatchObject({ code: 'table.file', exitCode: 2 })
    await expect(reading).rejects.toThrow(why)
  })

  test('is a process: a state a course, those that go on first; after the end all looks alike', () => {
    const mdp = tableMdp(TABLE)
    expect([mdp.states, mdp.actions, mdp.observations]).toEqual([5, 2, 3])
    expect(mdp.start).toEqual([1, 0, 0, 0, 0])
    expect([0, 1, 2, 3, 4].map(state => mdp.observe?.(state))).toEqual([0, 1, 2, 2, 2])
    const went = (state: number, action: number) => mdp.outcomes(state, action)
    expect(went(0, 0)).toEqual([{ probability: 1, next: 2, reward: 0.5, terminated: true }])
    expect(went(0, 1)).toEqual([{ probability: 1, next: 1, reward: 0.1, terminated: false }])
    expect(went(1, 1)).toEqual([{ probability: 1, next: 4, reward: 0.7, terminated: true }])
    expect(went(3, 0)).toEqual([{ probability: 1, next: 3, reward: 0, terminated: true }])
    expect([0, 1, 4].map(state => mdp.draw?.(state))).toEqual(['the start', 'go on', 'go on, go on'])
  })

  test('is an environment that counts as solved at its best return', async () => {
    const options = { table: written(TABLE) }
    const env = (await tableEnv.make({ id: 'Table-v0' } as never, options as never)) as unknown as TabularEnv
    expect(env.spec.rewardThreshold).toBeCloseTo(0.8, 8)
    expect(env.spec.rewardThreshold).toBeLessThan(0.8)
    env.reset()
    expect(env.step(1)).toMatchObject({ reward: 0.1, terminated: false, observation: 1 })
    expect(env.step(1)).toMatchObject({ reward: 0.7, terminated: true, observation: 2 })
  })
})
