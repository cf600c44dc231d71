import { describe, expect, test } from 'vitest'
import { inputError } from '../../../src/common/error.ts'
import { isBetter } from '../../../src/envs/finetune/training.ts'
import { frontier } from '../../../src/envs/hierarchy/root.ts'
import { attemptEpisode, chosenBy, type LearningState } from '../../../src/runner/play/learn.ts'
import { notesOnLearning } from '../../../src/runner/play/notes.ts'
import type { GroupAgent } from '../../../src/runner/play/roles.ts'
import { ToyWorld } from '../../support/toy-world.ts'
import { learning, ofEach, Recorder } from './learning.ts'

describe('learning', () => {
  test('episodes come in order, an update after every so many, and the rest stays pending', async () => {
    const agents = ofEach(4)
    const { result, events } = learning({ agents, episodes: 6, perUpdate: 4 })
    const state = await result
    expect(events.filter(event => event.startsWith('episode'))).toEqual(
      [0, 1, 2, 3, 4, 5].map(i => `episode ${i}`),
    )
    expect(events.indexOf('update')).toBe(4)
    expect(state.updates).toEqual({ 'group-0': 1, 'group-1': 1, 'group-2': 1 })
    expect(state.pending).toHaveLength(2 * 3)
    expect(notesOnLearning(state, 6, 4)).toEqual([])
  })

  test.each([2, 3])('%i workers give the same run as one', async workers => {
    const one = await learning({ agents: ofEach(2) }).result
    const many = await learning({ agents: ofEach(2), workers }).result
    expect(many.episodes).toEqual(one.episodes)
    expect(many.updates).toEqual(one.updates)
  })

  test('episode i acts with policy version ⌊i/n⌋, however many workers there are', async () => {
    const agents = new Map([['shared', new Recorder(2)]])
    await learning({ agents, workers: 3, episodes: 6, perUpdate: 2 }).result
    const versions = [...new Set(agents.get('shared')?.versions)]
    expect(versions).toEqual([0, 1, 2])
  })

  test('each agent learns from what its own group did, a shared one from all', async () => {
    const own = ofEach(2)
    await learning({ agents: own, episodes: 2 }).result
    for (const [name, { lessons }] of own) {
      expect(new Set(lessons.flat().map(({ actor }) => actor))).toEqual(new Set([name]))
    }
    const shared = new Map([['shared', new Recorder(2)]])
    await learning({ agents: shared, episodes: 2 }).result
    const lesson = shared.get('shared')?.lessons[0] ?? []
    expect(lesson.map(({ actor }) => actor)).toEqual([
      'group-0',
      'group-1',
      'group-2',
      'group-0',
      'group-1',
      'group-2',
    ])
  })

  test('a failed episode is tried again, with the same outcome, and what was lost is charged', async () => {
    const calm = await learning({ agents: ofEach(2) }).result
    let failures = 0
    const { result, events } = learning({
      agents: ofEach(2),
      onRound: (_, step) => {
        if (step === 2 && failures++ === 0) throw new Error('the disk is full')
      },
    })
    const state = await result
    expect(state.episodes.map(({ actions }) => actions)).toEqual(calm.episodes.map(({ actions }) => actions))
    expect(state.episodes[0].summary.flops).toBeGreaterThan(calm.episodes[0].summary.flops)
    expect(state.episodes[0].summary.flops).toBeLessThan(2 * calm.episodes[0].summary.flops)
    expect(state.episodes[1].summary.flops).toBe(calm.episodes[1].summary.flops)
    expect(events).toContain('notice')
  })

  test('one that fails twice is a value that says why, teaches nothing, and is noted', async () => {
    let failures = 0
    const agents = ofEach(2)
    const { result } = learning({
      agents,
      episodes: 2,
      onRound: (_, step) => {
        if (step === 2 && failures++ < 2) throw new Error('no such clip')
      },
    })
    const state = await result
    expect(state.episodes[0].summary.failure).toContain('no such clip')
    // It taught nothing, and it cost what both attempts spent.
    expect(state.episodes[0].summary.flops).toBeGreaterThan(0)
    expect(state.episodes[0].summary).toMatchObject({
      ...{ index: 0, kind: 'learning', return: 0, returnNoise: 0, steps: 0, diverged: false },
      ...{ score: 0, rewardLoss: 0, rewardPrimary: 0, rounds: [] },
    })
    const { steps, rounds } = state.episodes[1].summary
    expect(rounds.length).toBeGreaterThan(2)
    expect(steps).toBe(rounds.at(-1)?.step)
    expect(agents.get('group-0')?.lessons[0]).toHaveLength(1)
    expect(notesOnLearning(state, 2, 2)[0]).toMatch(/1 of 2 episodes failed twice .*no such clip/)
  })

  test('taken up again from any state, it ends the same', async () => {
    const states: LearningState[] = []
    const whole = await learning({
      agents: ofEach(2),
      onState: async state => {
        states.push(state)
      },
    }).result
    for (const state of states.slice(0, -1)) {
      expect(await learning({ agents: ofEach(2), state }).result).toEqual(whole)
    }
  })

  test('stops between rounds when it is told to, and not as a failure', async () => {
    const controller = new AbortController()
    const { result } = learning({
      agents: ofEach(2),
      signal: controller.signal,
      onRound: (_, step) => {
        if (step === 1) controller.abort()
      },
    })
    await expect(result).rejects.toMatchObject({ kind: 'interrupted' })
  })

  test('the best episode is that with the best moment', async () => {
    const { best, episodes } = await learning({ agents: ofEach(2) }).result
    const scores = episodes.map(({ summary }) => summary.score)
    expect(best).toMatchObject({ index: scores.indexOf(Math.max(...scores)), score: Math.max(...scores) })
  })

  test('a root decides every second round, and its trajectory is its own', async () => {
    const root = new Recorder(2)
    const act: GroupAgent['act'] = () => [{ action: 1 }]
    const rooted = Object.assign(root, { act })
    const agents = new Map<string, GroupAgent>([
      ['shared', new Recorder(2)],
      ['root', rooted],
    ])
    const state = await learning({ agents, episodes: 2 }).result
    const [lesson] = root.lessons
    expect(lesson.map(({ actor }) => actor)).toEqual(['root', 'root'])
    expect(lesson[0].transitions.every(({ duration }) => duration === 1 || duration === 2)).toBe(true)
    const closed = state.episodes[0].summary.rounds.map(({ groups }) => groups[0].learningRate)
    expect(closed.every(rate => rate === 0)).toBe(true)
  })
})

describe('of several instances', () => {
  test('each episode says what it was played on, and none is the best', async () => {
    const stage = (index: number) => {
      return { id: index % 2 === 0 ? 'even' : 'odd', worlds: [new ToyWorld(3, 4)], worldSeed: index }
    }
    const { best, episodes } = await learning({ agents: ofEach(2), stage, comparable: false }).result
    expect(best).toBeUndefined()
    expect(episodes.map(({ summary }) => summary.instance)).toEqual([
      'even',
      'odd',
      'even',
      'odd',
      'even',
      'odd',
    ])
    const alone = await learning({ agents: ofEach(2) }).result
    expect(alone.episodes[0].summary).not.toHaveProperty('instance')
  })
})

describe('elsewhere', () => {
  test('episodes are played with the policies of their round, so many at once, to the same end', async () => {
    const here = await learning({ agents: ofEach(2), episodes: 4 }).result
    const lessons: unknown[] = []
    const started: number[] = []
    let underWay = 0
    let most = 0
    const attempt = async (index: number, state: LearningState) => {
      lessons[index] = state.agents['group-0'].lessons
      most = Math.max(most, ++underWay)
      const agents = ofEach(2)
      for (const [name, agent] of agents) agent.restore(state.agents[name])
      const plan = {
        control: { agents, view: 'parallel' as const, rootActions: frontier, rootEvery: 2, gamma: 0.9 },
        stage: () => ({ worlds: [new ToyWorld(3, 4)], worldSeed: 1 }),
        ...{ workers: 1, episodes: 4, perUpdate: 2, seed: 5, comparable: true },
      }
      const attempted = await attemptEpisode(plan, index, {
        clock: () => 0,
        signal: new AbortController().signal,
      })
      await new Promise(resolve => setTimeout(resolve, 2))
      underWay--
      return attempted
    }
    const onEpisodeStart = (index: number) => void started.push(index)
    const elsewhere = { atOnce: 3, attempt }
    const there = await learning({ agents: ofEach(2), episodes: 4, elsewhere, onEpisodeStart }).result
    expect(there).toEqual(here)
    expect(lessons).toEqual([0, 0, 1, 1])
    expect(started).toEqual([0, 1, 2, 3])
    expect(most).toBe(2)
  })
})

test('what both attempts at an episode cost is charged, and the words are of the last', async () => {
  let time = 0
  const clock = () => {
    time += 1000
    return time
  }
  const agents = ofEach(2)
  const told: string[] = []
  let failures = 0
  const { result } = learning({
    agents,
    clock,
    episodes: 1,
    perUpdate: 1,
    onRound: (_, step) => {
      if (step === 1 && failures < 2) throw new Error(`failure ${++failures}`)
    },
    onEvent: event => {
      if (event.type === 'notice') told.push(event.message)
    },
  })
  const { episodes, best, pending, updates } = await result
  const { failure, flops, seconds } = episodes[0].summary
  // Each attempt: a round that may have cost three, and a second between two looks at the clock.
  expect({ failure, seconds }).toEqual({ failure: 'failure 2', seconds: 4 })
  expect(flops).toBeGreaterThan(0)
  expect({ best, pending, updates }).toEqual({
    ...{ best: undefined, pending: [], updates: { 'group-0': 0, 'group-1': 0, 'group-2': 0 } },
  })
  expect(told).toEqual([])
  expect(episodes[0]).toMatchObject({ actions: [], rewards: [] })
})

test('one that succeeded at last has its failure told, with its number', async () => {
  const told: string[] = []
  let failures = 0
  await learning({
    agents: ofEach(2),
    onRound: (_, step) => {
      if (step === 2 && failures++ === 0) throw new Error('the disk is full')
    },
    onEvent: event => {
      if (event.type === 'notice') told.push(event.message)
    },
  }).result
  expect(told).toEqual(['Episode 1 failed and was tried again: the disk is full'])
})

test('a mistake in the settings ends learning at once, and so does a state that can’t be kept', async () => {
  let tries = 0
  const wrong = learning({
    agents: ofEach(2),
    onRound: () => {
      tries++
      throw inputError('toy', 'no such clip')
    },
  })
  await expect(wrong.result).rejects.toMatchObject({ code: 'toy' })
  expect(tries).toBe(1)
  const states: number[] = []
  const unkept = learning({
    agents: ofEach(2),
    onState: async ({ episodes }) => {
      states.push(episodes.length)
      if (episodes.length === 2) throw new Error('disk full')
    },
  })
  await expect(unkept.result).rejects.toThrow('disk full')
  expect(states).toEqual([1, 2])
})

test('of episodes with the same score, that with the lower loss is the best', () => {
  const episode = { index: 3, score: 0.5, rewardLoss: 0.25, flops: 8 }
  const better = (change: object) => isBetter(chosenBy({ ...episode, ...change }), chosenBy(episode))
  expect(better({ rewardLoss: 0.2 })).toBe(true)
  expect(better({})).toBe(false)
  expect(better({ score: 0.4, rewardLoss: 0.2 })).toBe(false)
  expect(better({ score: 0.6, rewardLoss: 0.3 })).toBe(true)
})
