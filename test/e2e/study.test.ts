import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LearnPolicySummary } from '../../src/runner/jobs/learn-policy/summary.ts'
import type { StudyResult, StudySummary } from '../../src/runner/jobs/study/summary.ts'
import { CACHE, layergym, MODEL, smallRun, summaryOf, workspace, writeManifest } from '../support/e2e.ts'

const folder = workspace()
const data = (name: string, classes: readonly string[]) =>
  writeManifest(folder, { classes: [...classes], clips: 12, name })
const file = {
  settings: {
    model: MODEL,
    cache: CACHE,
    groups: 2,
    frames: 2,
    size: 28,
    'batch-size': 4,
    'budget-steps': 6,
    'round-steps': 2,
    threads: 1,
  },
  train: {
    first: { data: data('first.csv', ['bin', 'set']) },
    second: { data: data('second.csv', ['lay', 'set']) },
  },
  'held-out': {
    third: { data: data('third.csv', ['bin', 'place']) },
    deeper: { data: data('deeper.csv', ['lay', 'place']), groups: 3 },
  },
  contenders: { full: { schedule: 'fullFineTune' } } as Record<string, unknown>,
  seeds: 2,
  workers: 1,
}
let count = 0

/** Command-line words; the file is written with what the test changes. */
function words(command: string, changes: object = {}, flags: readonly string[] = []) {
  const config = join(folder, `config-${++count}.yaml`)
  writeFileSync(config, JSON.stringify({ ...file, ...changes }))
  const out = flags.includes('--out') ? [] : ['--out', join(folder, `run-${count}`)]
  return [command, '--config', config, ...out, ...flags, '--json']
}

const learnFlags = ['--agent', 'ppo', '--episodes', '6', '--agent-config', '{"episodesPerUpdate":2}']
const answer = async <T>(argv: readonly string[]) => JSON.parse((await ended(argv, 0)).out) as T

async function ended(argv: readonly string[], code: number) {
  const finished = await layergym(argv)
  if (finished.code !== code) throw new Error(`exit code ${finished.code}: ${finished.err}`)
  return finished
}

const learned = await answer<LearnPolicySummary>(words('learn-policy', {}, learnFlags))

describe('learn-policy', () => {
  test('takes instances in turn, each time round with other data order, and learns', () => {
    expect(learned.episodes.map(({ instance }) => instance)).toEqual([
      'first',
      'second',
      'first',
      'second',
      'first',
      'second',
    ])
    expect(learned.updates).toEqual({ shared: 3 })
    expect(learned.cost.episodes).toBe(6)
    expect(learned.cost.flops).toBeGreaterThan(0)
    const policy = JSON.parse(readFileSync(learned.policy, 'utf8'))
    expect(policy.settings).toMatchObject({ agent: 'ppo', control: 'shared', actions: 'discrete5' })
    expect(policy.features[0]).toMatchObject({ id: 'depth', description: expect.stringContaining('ULMFiT') })
    expect(readFileSync(join(learned.runDir, 'report.html'), 'utf8')).toContain('second')
  })

  test('goes on after an interruption to the same policy', async () => {
    const argv = words('learn-policy', {}, learnFlags)
    const { code, err } = await layergym(argv, (text, abort) => {
      if (/^episode 3/.test(text)) abort()
    })
    expect(code).toBe(130)
    expect(err).toContain('to go on: layergym resume')
    const resumed = await answer<LearnPolicySummary>(['resume', argv[4], '--json'])
    expect(resumed.episodes).toHaveLength(6)
    expect(readFileSync(resumed.policy, 'utf8')).toBe(readFileSync(learned.policy, 'utf8'))
  })

  test('takes what the file says of agents, and flags before it', async () => {
    const settings = {
      ...file.settings,
      actions: 'levels',
      agent: 'reinforce',
      episodes: 1,
      control: 'independent',
    }
    const { policy, agent, episodes } = await answer<LearnPolicySummary>(
      words('learn-policy', { settings }, ['--control', 'shared']),
    )
    expect([agent, episodes.length]).toEqual(['reinforce', 1])
    const { settings: saved } = JSON.parse(readFileSync(policy, 'utf8'))
    expect(saved).toMatchObject({ actions: 'levels', agent: 'reinforce', control: 'shared' })
  })

  test('says why an agent never learned', async () => {
    const few = ['--agent', 'ppo', '--episodes', '2', '--agent-config', '{"episodesPerUpdate":4}']
    const { updates, notes } = await answer<LearnPolicySummary>(words('learn-policy', {}, few))
    expect(updates).toEqual({ shared: 0 })
    expect(notes).toEqual(["Agent 'shared' got no update: one takes 4 episodes, and the run had 2."])
  })

  test('refuses to train on what is held out', async () => {
    const { err } = await ended(
      words('learn-policy', { 'held-out': { same: file.train.second } }, learnFlags),
      2,
    )
    expect(err).toContain("instance 'same' is held out, and 'second', which is trained on, is the same")
  })
})

describe('a policy that travels', () => {
  test('acts on another dataset and another number of groups, without flags of its own', async () => {
    const summary = await summaryOf(
      smallRun(folder, {
        data: file['held-out'].deeper.data,
        groups: 3,
        policy: learned.policy,
        'agent-config': '{}',
        baselines: 'none',
        out: join(folder, 'travelled'),
      }),
    )
    expect(summary.config).toMatchObject({ agent: 'ppo', control: 'shared' })
    expect(summary.updates).toEqual({ shared: 0 })
    expect(summary.groups).toHaveLength(3)
    expect(readFileSync(join(summary.runDir, 'policy.json'), 'utf8')).toBe(
      readFileSync(learned.policy, 'utf8'),
    )
  })

  test('decides as often as where it learned, whatever rounds others have', async () => {
    const data = file['held-out'].third.data
    const flags = {
      data,
      policy: learned.policy,
      'agent-config': '{}',
      baselines: 'none',
      'budget-steps': 12,
    }
    const given = smallRun(folder, { ...flags, 'round-steps': 5, out: join(folder, 'fives') })
    expect((await summaryOf(given)).config).toMatchObject({ roundSteps: 5 })
    const open = smallRun(folder, { ...flags, out: join(folder, 'own') })
    open.splice(open.indexOf('--round-steps'), 2)
    expect((await summaryOf(open)).config).toMatchObject({ roundSteps: 4 })

    const contenders = { policy: { policy: learned.policy } }
    const coarse = { contenders, settings: { ...file.settings, 'round-steps': 3 }, seeds: 1 }
    const [own, other] = await Promise.all(
      [{ contenders, seeds: 1 }, coarse].map(changes => answer<StudyResult>(words('study', changes))),
    )
    const scores = ({ summary }: StudyResult) => {
      const [{ primary, loss, runCost }] = (summary as StudySummary).contenders
      return { primary, loss, runCost }
    }
    expect(scores(other)).toEqual(scores(own))
  })

  test.each([
    [
      'bound to groups by its root',
      ['--root', 'reinforce'],
      /its root is bound to their number: use --groups 2/,
    ],
    ['bound to groups by independent control', ['--control', 'independent'], /independent control is bound/],
  ])('%s is refused elsewhere', async (_name, flags, message) => {
    const bound = await answer<LearnPolicySummary>(words('learn-policy', {}, [...learnFlags, ...flags]))
    const contenders = { policy: { policy: bound.policy } }
    const { err } = await ended(words('study', { contenders }), 2)
    expect(err).toMatch(message)
  })
})

describe('study', () => {
  const contenders = {
    full: { schedule: 'fullFineTune' },
    'full of 2': { schedule: 'fullFineTune', tries: 2 },
    'head alone': { schedule: 'linearProbe', 'head-rate': 0.001 },
    policy: { policy: learned.policy },
    ppo: { agent: 'ppo', control: 'shared', 'agent-config': { episodesPerUpdate: 1 }, budget: 3 },
  }

  test('compares every contender on every instance and seed, each with all that it cost', async () => {
    const result = await answer<StudyResult>(words('study', { contenders }))
    expect(result).toMatchObject({ done: 20, of: 20 })
    const summary = result.summary as StudySummary
    expect(summary.instances).toEqual(['third', 'deeper'])
    const of = (id: string) => summary.contenders.find(contender => contender.id === id)
    // Two tries are paid, and a run of full fine-tuning costs its budget and an evaluation.
    expect(of('full of 2')?.totalCost).toBeCloseTo(2 * (of('full of 2')?.runCost ?? 0), 6)
    expect(of('head alone')?.runCost).toBeLessThan(0.8)
    expect(of('ppo')?.totalCost).toBeGreaterThan(2)
    expect(of('ppo')?.updates).toEqual({ shared: expect.any(Number) })
    expect(of('policy')?.learning).toEqual(learned.cost)
    expect(summary.differences).toHaveLength(20)
    // Two seeds support no claim.
    expect(new Set(summary.differences.map(({ verdict }) => verdict))).toEqual(new Set(['undecided']))
    const report = readFileSync(join(result.dir, 'report.html'), 'utf8')
    expect(report).toContain('2 seeds support no claim')
  })

  test('searches under one budget: constant actions, populations, a linear policy', async () => {
    const joint = { control: 'joint', actions: 'log-rate', budget: 3 }
    const searches = {
      full: contenders.full,
      probe: { schedule: 'linearProbe' },
      grid: { agent: 'grid-search', ...joint },
      tpe: { agent: 'tpe', ...joint },
      cem: {
        agent: 'cem',
        control: 'shared',
        actions: 'log-rate',
        budget: 3,
        'agent-config': { population: 3 },
      },
      asha: { search: 'asha', budget: 3, 'search-config': { eta: 2 } },
      pbt: { search: 'pbt', budget: 3, 'search-config': { population: 2, interval: 1 } },
    }
    const { dir, summary } = await answer<StudyResult>(words('study', { contenders: searches, seeds: 1 }))
    // A joint agent's settings are whole when the network is there.
    const texts = readdirSync(join(dir, 'outcomes')).map(name =>
      readFileSync(join(dir, 'outcomes', name), 'utf8'),
    )
    const tpe = texts.find(text => text.includes('"contender":"tpe"')) ?? ''
    expect(JSON.parse(tpe).outcome.agentConfig).toHaveProperty('candidates', 24)
    for (const { id, kind, runCost, totalCost } of summary?.contenders ?? []) {
      if (kind === 'schedule') {
        // Without tries it is one run, though a linear probe's search has runs of two lengths.
        expect(totalCost).toBeCloseTo(runCost, 9)
        continue
      }
      expect(kind).toBe(['asha', 'pbt'].includes(id) ? 'search' : 'agent')
      // The budget, and at most one run or round more.
      expect(totalCost).toBeGreaterThan(2)
      expect(totalCost).toBeLessThan(4.5)
    }
  })

  test('parts of the work fill one folder, and what is done stays done', async () => {
    const out = join(folder, 'shards')
    const changes = { contenders: { full: contenders.full } }
    const part = (shard: string) => words('study', changes, ['--out', out, '--shard', shard])
    expect(await answer<StudyResult>(part('1/2'))).toMatchObject({ done: 2, of: 4 })
    expect(existsSync(join(out, 'summary.json'))).toBe(false)
    const times = () =>
      readdirSync(join(out, 'outcomes')).map(name => statSync(join(out, 'outcomes', name)).mtimeMs)
    const before = times()
    expect((await answer<StudyResult>(part('2/2'))).summary?.contenders).toHaveLength(1)
    expect(times()).toEqual(expect.arrayContaining(before))
    const { err } = await ended(words('study', { contenders }, ['--out', out]), 2)
    expect(err).toContain('exists already')
    const wrong = words('study', changes, ['--shard', '3/2'])
    expect((await ended(wrong, 2)).err).toContain("'shard' is 3/2: the part is from 1 to 2")
    expect(existsSync(wrong[4])).toBe(false)
  })

  test('goes on after an interruption', async () => {
    const argv = words('study', { contenders: { full: contenders.full, head: contenders['head alone'] } })
    const { code } = await layergym(argv, (text, abort) => {
      if (/deeper, seed 1: full/.test(text)) abort()
    })
    expect(code).toBe(130)
    expect(readdirSync(join(argv[4], 'outcomes')).length).toBeLessThan(8)
    expect(await answer<StudyResult>(['resume', argv[4], '--json'])).toMatchObject({ done: 8, of: 8 })
  })

  test.each([
    [{ a: {} }, /contender 'a': it needs one of schedule, rates, policy, search and agent, and has none/],
    [{ a: { schedule: 'fullFineTune', agent: 'ppo' } }, /has schedule and agent/],
    [
      { a: { schedule: 'fullFinetune' } },
      /contender 'a': unknown schedule 'fullFinetune': did you mean 'fullFineTune'/,
    ],
    [{ a: { policy: learned.policy, tries: 3 } }, /'tries' says nothing to a contender with 'policy'/],
    [
      { a: { schedule: 'discriminative', tries: 3, rate: 0.001 } },
      /it has rates to take, and 'tries' to find some/,
    ],
    [{ a: { shedule: 'discriminative' } }, /contender 'a': .*shedule.*schedule/],
    [{ a: { rates: [0.001, 0.001, 0.001] } }, /'rates' has 3 entries, and the network 2 layer groups/],
    [{ 'a/b': { agent: 'ppo' } }, /'contenders' can't have the name 'a\/b': a name has letters/],
    [{ a: { agent: 'pppo' } }, /contender 'a': .*pppo.*ppo/],
    [{ a: { agent: 'cem', 'agent-config': { population: 2 } } }, /contender 'a': .*'population' can't be 2/],
    [{ a: { search: 'asha', 'search-config': { eta: 1 } } }, /'asha': 'eta' can't be 1/],
    [{ a: { policy: 'nowhere.json' } }, /no policy at .*nowhere\.json/],
    [{ a: { agent: 'ppo', control: 'alone' } }, /contender 'a': 'control' can't be "alone"/],
  ] as readonly [object, RegExp][])('a mistake is refused: %j', async (wrong, message) => {
    const argv = words('study', { contenders: { full: contenders.full, ...wrong } })
    const { err } = await ended(argv, 2)
    expect(err).toMatch(message)
  })
})
