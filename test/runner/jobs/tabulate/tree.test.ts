import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { checkEnv } from '../../../../src/envs/check.ts'
import { optimum } from '../../../../src/envs/exact/optimum.ts'
import { tableMdp } from '../../../../src/envs/exact/table.ts'
import { makeEnvAsync } from '../../../../src/envs/registry.ts'
import { registerOwnEnvs } from '../../../../src/runner/instances/own-envs.ts'
import {
  refuseMistakes,
  tabulateSchema,
  type WholeTabulateConfig,
} from '../../../../src/runner/jobs/tabulate/config.ts'
import { Courses } from '../../../../src/runner/jobs/tabulate/courses.ts'
import { renderTabulateReport } from '../../../../src/runner/jobs/tabulate/report.ts'
import { summarizeTree, tableOf } from '../../../../src/runner/jobs/tabulate/summary.ts'
import { treeTable } from '../../../../src/runner/jobs/tabulate/table.ts'
import { joined, type Part, returnsOf } from '../../../../src/runner/jobs/tabulate/tree.ts'
import { type TreeNode, Walker } from '../../../../src/runner/jobs/tabulate/walker.ts'
import { ToyWorld } from '../../../support/toy-world.ts'

const DEPTH = 3
/** Rates of two groups, all of which move: every course has as many rounds. */
const CHOICES = { slow: [0.1, 0.1], fast: [1, 1], right: [0.1, 1] }

const folder = mkdtempSync(join(tmpdir(), 'layergym-table-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Every course of a toy, part by part, and how many rounds that took. */
async function toyTree(paths: readonly (readonly number[])[]) {
  let rounds = 0
  const world = new ToyWorld(2, DEPTH, () => rounds++)
  const walker = new Walker(world, 7, Object.values(CHOICES))
  const parts: Part[] = []
  for (const path of paths) {
    const nodes: TreeNode[] = []
    await walker.part(path, node => nodes.push(node))
    const ends = nodes
      .filter(({ terminated }) => terminated)
      .map(({ path: own, score }) => ({
        ...{ path: own, score, content: own.join('') },
        test: { primary: score, loss: 1 - score },
      }))
    parts.push({ nodes, ends })
  }
  return { parts, tree: joined(parts), rounds: () => rounds }
}

const FIRSTS = [[0], [1], [2]]
const PAIRS = FIRSTS.flatMap(([first]) => FIRSTS.map(([second]) => [first, second]))
const config = {
  ...tabulateSchema.parse({ model: 'm', data: 'd', depth: DEPTH, budgetSteps: 6 }),
  choices: CHOICES,
} as WholeTabulateConfig

describe('a tree of courses', () => {
  test('parts done in order train every round once; each is what a run of its own comes to', async () => {
    const { tree, rounds } = await toyTree(PAIRS)
    expect(tree.nodes).toHaveLength(3 + 9 + 27)
    expect(rounds()).toBe(tree.nodes.length)
    expect(tree.nodes.map(({ path }) => path.join(''))).toEqual(
      tree.nodes.map(({ path }) => path.join('')).toSorted(),
    )
    const alone = new ToyWorld(2, DEPTH)
    for (const { path } of tree.ends) {
      await alone.reset(7)
      const results = []
      for (const choice of path) results.push(await alone.train(Object.values(CHOICES)[choice]))
      const { reward, score, flops } = tree.nodes.find(node => node.path === path) as TreeNode
      expect([reward, score, flops]).toEqual([
        results[DEPTH - 1].reward,
        results[DEPTH - 1].evaluation.score,
        results[DEPTH - 1].flops,
      ])
    }
  })

  test('however it is cut into parts, and in whatever order those come, it is one tree', async () => {
    const { tree } = await toyTree(FIRSTS)
    expect((await toyTree(PAIRS.toReversed())).tree).toEqual(tree)
  })

  test('what parts share must be the same', async () => {
    const { parts } = await toyTree(PAIRS)
    const [first, second, ...others] = parts
    const [root, ...rest] = second.nodes
    const bit = { ...second, nodes: [{ ...root, reward: root.reward + 1e-12 }, ...rest] }
    expect(() => joined([first, bit, ...others])).toThrow('the course 0 came to something else')
  })

  test('its optimum is that of the process; greedy, chance and constant choices are what they say', async () => {
    const { tree } = await toyTree(PAIRS)
    const outcomes = { config, metric: 'accuracy', tree }
    const facts = { runDir: '/run', hash: 'h', origin: { engine: 'toy', versions: {}, fingerprints: {} } }
    const summary = summarizeTree(outcomes, facts)
    const { expectedReturn, actionValues } = optimum(tableMdp(tableOf(outcomes)))
    const returns = [...returnsOf(tree).values()]
    expect(summary.best[0].return).toBe(Math.max(...returns))
    expect(expectedReturn).toBeCloseTo(summary.best[0].return, 12)
    expect(summary.first.map(({ best }) => best)).toEqual(
      actionValues[0].map(value => expect.closeTo(value, 12)),
    )
    const player = (name: string) => summary.players.find(each => each.name === name)
    expect(player('best possible')).toMatchObject({ regret: 0 })
    expect(player('at random')?.return).toBeCloseTo(returns.reduce((a, b) => a + b) / returns.length, 12)
    expect(player('always fast')?.return).toBeCloseTo(returnsOf(tree).get('1/1/1') as number, 12)
    const courses = new Courses(tree, 3)
    const first = [0, 1, 2].toSorted((a, b) => courses.node([b]).reward - courses.node([a]).reward)[0]
    const greedy = courses.follow(path => courses.node(path).reward)
    expect(greedy[0]).toBe(first)
    expect(player('greedy')?.return).toBe(courses.return(greedy))
    // Two groups: slow and slow, or one of them fast, cost two FLOPs a round.
    expect(summary.flops).toBe(2 * tree.nodes.length)
    const rows = treeTable(outcomes).trimEnd().split('\n')
    expect(rows).toHaveLength(1 + tree.nodes.length)
    expect(rows[1]).toMatch(/^slow,1,.*,,,$/)
    expect(rows.filter(row => /^[a-z]+;[a-z]+;[a-z]+,3,.*true/.test(row))).toHaveLength(27)
    expect(renderTabulateReport(summary, outcomes)).toContain(summary.best[0].choices.join(', '))
  })
})

describe('layergym/Table-v0', () => {
  const write = (name: string, content: unknown) => {
    const path = join(folder, name)
    writeFileSync(path, JSON.stringify(content))
    return path
  }

  test('replays what was recorded, keeps the contract, and counts as solved at the optimum', async () => {
    registerOwnEnvs()
    const { tree } = await toyTree(PAIRS)
    const outcomes = { config, metric: 'accuracy', tree }
    const table = write('table.json', tableOf(outcomes))
    const env = await makeEnvAsync<number, number>('layergym/Table-v0', { table })
    // Nothing in it is random.
    expect((await checkEnv(env)).map(({ code }) => code)).toEqual(['seed.ignored'])
    const courses = new Courses(tree, 3)
    const best = courses.follow(path => courses.best(path))
    await env.reset({ seed: 1 })
    const seen = []
    let sum = 0
    for (const choice of best) {
      const { observation, reward, terminated } = await env.step(choice)
      sum += reward
      seen.push([observation, terminated])
    }
    expect(sum).toBeGreaterThanOrEqual(env.spec.rewardThreshold as number)
    expect(sum - (env.spec.rewardThreshold as number)).toBeLessThan(1e-8)
    // 1 + 3 + 9 courses go on; after an end there is one observation.
    expect(env.observationSpace.flatSize).toBe(14)
    expect(seen.at(-1)).toEqual([13, true])
    expect(await env.render?.()).toBe(best.map(choice => Object.keys(CHOICES)[choice]).join(', '))
  })

  test('what is no table, or has a gap, is refused', async () => {
    registerOwnEnvs()
    const { tree } = await toyTree(PAIRS)
    const whole = tableOf({ config, metric: 'accuracy', tree })
    const make = (table: string) => makeEnvAsync('layergym/Table-v0', { table })
    const gap = write('gap.json', {
      ...whole,
      nodes: whole.nodes.filter(({ path }) => path.join('') !== '120'),
    })
    await expect(make(gap)).rejects.toThrow('the course 1/2/0 is missing')
    await expect(make(write('other.json', { format: 'x' }))).rejects.toMatchObject({
      code: 'table.file',
      exitCode: 2,
    })
    await expect(make(join(folder, 'none.json'))).rejects.toThrow('none.json is no table')
  })
})

describe('refused before anything is trained', () => {
  const groups = ['first', 'head']
  const refused = (changes: Partial<WholeTabulateConfig>) => () =>
    refuseMistakes({ ...config, ...changes }, groups)

  test('choices that fit', () => expect(refused({})).not.toThrow())

  test.each([
    [{ choices: {} }, "'choices' is empty"],
    [
      { choices: { one: [1e-3] } },
      "'one' of 'choices' has 1 rate, and the network has 2 groups: first, head",
    ],
    [{ depth: 4 }, "'budget-steps' is 6, which 4 rounds can't share evenly: take 4 or 8"],
    [{ depth: 6, mostRounds: 1000 }, 'make a tree of 1,092 rounds'],
  ])('%j', (changes, message) => expect(refused(changes)).toThrow(message))
})
