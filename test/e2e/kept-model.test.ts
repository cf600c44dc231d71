import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { CACHE, layergym, ROOT, smallRun, summaryOf, workspace, writeManifest } from '../support/e2e.ts'

const folder = workspace()
let runs = 0
const fresh = () => join(folder, `run-${++runs}`)
const BASELINES = { baselines: 'linearProbe,fullFineTune', 'baseline-rates': 2, episodes: 4 }

beforeAll(() => {
  writeManifest(folder)
})

async function predicted(dir: string) {
  const clips = join(ROOT, 'data', 'grid_command', 'clips', 'bin')
  const argv = ['predict', clips, '--model', join(dir, 'model'), '--cache', CACHE, '--json']
  const { code, out, err } = await layergym(argv)
  if (code !== 0) throw new Error(err)
  return JSON.parse(out) as readonly { readonly label: string }[]
}

describe('Ctrl-C leaves a model that predict takes', () => {
  test.each([
    ['in the search', /^full fine-tuning, rate/],
    ['while agents learn', /^episode 2/],
    ['in the final runs', /^the learned policy, seed/],
  ] as const)('%s', async (_, moment) => {
    const dir = fresh()
    const { code } = await layergym(smallRun(folder, { ...BASELINES, out: dir }), (text, abort) => {
      if (moment.test(text)) abort()
    })
    expect(code).toBe(130)
    expect(existsSync(join(dir, 'summary.json'))).toBe(false)
    const labels = new Set((await predicted(dir)).map(({ label }) => label))
    expect([...labels].every(label => label === 'bin' || label === 'set')).toBe(true)
  })
})

describe('the model of a run', () => {
  test('is the best on the reward split of what ran before the final runs, baselines included', async () => {
    const dir = fresh()
    const { chosen, test: score } = await summaryOf(smallRun(folder, { ...BASELINES, out: dir }))
    const state = readFileSync(join(dir, 'events.jsonl'), 'utf8').trim().split('\n')
    const events = state.map(line => JSON.parse(line) as { type: string; score: number; key?: string })
    const offered = events.filter(({ type, key }) => type === 'run' && key?.startsWith('search/'))
    for (const each of offered) expect(chosen.score).toBeGreaterThanOrEqual(each.score)
    const saved = events.filter(({ type }) => type === 'saved')
    expect(saved.map(event => event.score)).toEqual(saved.map(event => event.score).sort((a, b) => a - b))
    expect(saved.at(-1)?.score).toBe(chosen.score)
    const evaluated = await layergym([
      ...['evaluate', '--model', join(dir, 'model'), '--data', join(folder, 'clips.csv'), '--json'],
      ...['--cache', CACHE],
    ])
    expect(JSON.parse(evaluated.out).accuracy).toBeCloseTo(score.parts.accuracy, 12)
  })

  test("--keep saves a baseline's instead, or the policy's", async () => {
    for (const keep of ['fullFineTune', 'policy']) {
      const dir = fresh()
      const { chosen } = await summaryOf(smallRun(folder, { ...BASELINES, keep, out: dir }))
      expect(chosen.from).toBe(keep)
      expect((await predicted(dir)).length).toBeGreaterThan(0)
    }
  })
})
