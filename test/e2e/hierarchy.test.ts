import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layergym, smallRun, summaryOf, workspace, writeManifest } from '../support/e2e.ts'

const folder = workspace()
writeManifest(folder)
let count = 0
const run = (flags: Readonly<Record<string, string | number | true>>) =>
  smallRun(folder, { episodes: 2, baselines: 'none', out: join(folder, `run-${++count}`), ...flags })

describe('what agents choose', () => {
  test.each([
    ['all groups at once', { control: 'joint', agent: 'ppo' }, ['joint']],
    ['rates on a scale', { control: 'shared', actions: 'log-rate' }, ['shared']],
    [
      'levels, below a root that closes groups',
      { control: 'shared', actions: 'levels', agent: 'ppo', root: 'reinforce', 'root-every': 1, episodes: 8 },
      ['shared', 'root'],
    ],
    ['what each group made of it', { credit: 'difference', control: 'shared' }, ['shared']],
    [
      'one setting a run, searched',
      { control: 'joint', actions: 'log-rate', agent: 'tpe', 'agent-config': '{}' },
      ['joint'],
    ],
    [
      'one rule for all groups, searched',
      {
        control: 'shared',
        actions: 'log-rate',
        agent: 'cem',
        'agent-config': '{"population":3}',
        episodes: 4,
      },
      ['shared'],
    ],
    [
      'a grid, a group at a time',
      { control: 'independent', actions: 'log-rate', agent: 'grid-search', 'agent-config': '{"points":4}' },
      ['group-1', 'head'],
    ],
    ['rates of all groups at once', { control: 'joint', actions: 'log-rate', agent: 'ppo' }, ['joint']],
    [
      'which group moves, by one discrete choice',
      { control: 'joint', actions: 'single-block', agent: 'dqn', 'agent-config': '{}' },
      ['joint'],
    ],
  ] as const)('%s', async (_name, flags, agents) => {
    const first = await summaryOf(run(flags))
    expect(Object.keys(first.updates)).toEqual(agents)
    for (const updates of Object.values(first.updates)) expect(updates).toBeGreaterThan(0)
    expect((await summaryOf(run(flags))).hash).toBe(first.hash)
  })

  test.each([
    ['a group each', { control: 'independent' }],
    ['in turn', { control: 'shared', view: 'sequential', 'cost-weight': 0.5 }],
    ['jointly, under a root', { control: 'joint', agent: 'ppo', root: 'ppo' }],
  ] as const)('an advantage over full fine-tuning, %s', async (_name, flags) => {
    const given = { reward: 'terminal-advantage', ...flags }
    const first = await summaryOf(run(given))
    const [one, two] = first.episodes
    // The second begins from the same seed: the baseline was played.
    expect(one.flops).toBeGreaterThan(two.flops)
    for (const { rounds } of first.episodes) {
      for (const { noise } of rounds.slice(0, -1)) expect(noise).toBe(0)
    }
    expect(one.returnNoise).toBeGreaterThan(0)
    const report = readFileSync(join(first.runDir, 'report.html'), 'utf8')
    expect(report).toContain(`± ${one.returnNoise.toFixed(3)}`)
    const events = readFileSync(join(first.runDir, 'events.jsonl'), 'utf8')
    expect(events).toContain(`"returnNoise":${one.returnNoise}`)
    expect((await summaryOf(run(given))).hash).toBe(first.hash)
  })

  test('a reward of the end is refused for credit by the round', async () => {
    const flags = { reward: 'terminal-advantage', credit: 'difference', control: 'shared' }
    const { code, err } = await layergym(run(flags))
    expect(code).toBe(2)
    expect(err).toMatch(/pays nothing before a run's end: use --credit team/)
  })

  test('an agent that cannot choose so is refused before anything is written', async () => {
    const { code, err } = await layergym(run({ control: 'joint', agent: 'dqn' }))
    expect(code).toBe(2)
    expect(err).toMatch(/agent 'dqn' can't act here.*multi-discrete/i)
  })
})

describe('schedules', () => {
  test('each is searched and run as agents are, and they differ', async () => {
    const baselines = 'headOnly,lpFt,discriminative,layerDecay,gradualUnfreezing,fineTune,autoRgn,autoFreeze'
    const summary = await summaryOf(run({ episodes: 0, baselines, groups: 3, 'budget-steps': 8 }))
    expect(Object.keys(summary.baselines)).toEqual(baselines.split(','))
    const losses = Object.values(summary.baselines).map(({ loss }) => loss)
    expect(new Set(losses).size).toBeGreaterThan(4)
    // The probe that Auto-RGN and AutoFreeze read is paid for.
    const { autoRgn, headOnly } = summary.baselines
    expect(autoRgn.flops).toBeGreaterThan(0)
    expect(headOnly.flops).toBeGreaterThan(0)
  })
})

describe('a root above the groups', () => {
  test.each([
    ['an agent a group', { control: 'independent' }],
    ['one for all', { control: 'shared' }],
    ['one after the other', { control: 'shared', view: 'sequential' }],
    ['all at once', { control: 'joint', agent: 'ppo' }],
  ] as const)('%s', async (_name, flags) => {
    const given = { root: 'ppo', 'root-every': 2, ...flags }
    const first = await summaryOf(run(given))
    // It learns when the others do.
    expect(new Set(Object.values(first.updates))).toEqual(new Set([1]))
    expect(first.updates.root).toBe(1)
    const choices = first.episodes.flatMap(({ rounds }) => rounds.map(({ root }) => root))
    expect(choices.every(choice => /^head (alone|and 1 below)$/.test(choice ?? ''))).toBe(true)
    expect(readFileSync(join(first.runDir, 'report.html'), 'utf8')).toMatch(/<t[dh][^>]*>root</)
    expect((await summaryOf(run(given))).hash).toBe(first.hash)
    expect((await summaryOf(run(flags))).hash).not.toBe(first.hash)
  })

  test('any agent for discrete actions will do, and single blocks too', async () => {
    for (const root of ['reinforce', 'dqn', 'random']) {
      const summary = await summaryOf(run({ root, 'root-actions': 'single-block' }))
      expect(Object.keys(summary.updates)).toContain('root')
    }
  })

  test('an unknown one is refused', async () => {
    const { code, err } = await layergym(run({ root: 'pppo' }))
    expect(code).toBe(2)
    expect(err).toMatch(/unknown agent 'pppo'/)
  })
})
