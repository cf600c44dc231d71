import { expect, test } from 'vitest'
import type { ActContext } from '../../../src/agents/agent.ts'
import { Rng } from '../../../src/common/random.ts'
import type { Root } from '../../../src/envs/hierarchy/root.ts'
import type { RoundResult } from '../../../src/envs/world.ts'
import type { GroupAgent } from '../../../src/runner/play/roles.ts'
import { RootPlayer } from '../../../src/runner/play/root-player.ts'

/** A round that pays so much. */
const paying = (reward: number) => ({ reward, replicates: new Float64Array() }) as unknown as RoundResult

/** An agent that makes these choices in turn, on a root of four. */
function player(choices: readonly number[], gamma = 0.5) {
  const opened: number[] = []
  const asked: unknown[] = []
  const left = [...choices]
  const root = {
    stop: 3,
    observation: () => Float32Array.of(opened.length),
    choose: (choice: number) => opened.push(choice),
    describe: (choice: number) => `choice ${choice}`,
  } as unknown as Root
  const act = (observations: readonly unknown[], { explore, memories, masks }: ActContext) => {
    asked.push({ observations, explore, memories, masks })
    return [{ action: left.shift(), memory: Float32Array.of(asked.length) }]
  }
  const agent = { act } as unknown as GroupAgent
  const control = { agent, root, every: 2, gamma }
  return { opened, asked, player: new RootPlayer(control, { explore: true, rng: Rng.of(1), episode: 7 }) }
}

test('acts every second round, and each choice gets the discounted rewards of its rounds', async () => {
  const { opened, player: root } = player([1, 2])
  for (const reward of [1, 2, 4]) {
    expect(await root.beforeRound()).toBe(true)
    root.afterRound(paying(reward))
  }
  expect(opened).toEqual([1, 2])
  expect(root.choice).toBe('choice 2')
  const { transitions, episode, actor, terminated } = root.trajectory()
  expect({ episode, actor, terminated }).toEqual({ episode: 7, actor: 'root', terminated: true })
  expect(transitions.map(({ action, reward, duration }) => ({ action, reward, duration }))).toEqual([
    { action: 1, reward: 1 + 0.5 * 2, duration: 2 },
    { action: 2, reward: 4, duration: 1 },
  ])
})

test('asks for one choice, of what it sees, and hands on what it remembers', async () => {
  const { asked, player: root } = player([1, 2])
  expect(root.choice).toBe('')
  for (const reward of [1, 2, 4]) {
    await root.beforeRound()
    root.afterRound(paying(reward))
  }
  const context = { explore: true, masks: [undefined] }
  expect(asked).toEqual([
    { observations: [Float32Array.of(0)], memories: [undefined], ...context },
    { observations: [Float32Array.of(1)], memories: [Float32Array.of(1)], ...context },
  ])
  const { transitions, finalMemory, finalObservation, truncated } = root.trajectory()
  expect(transitions.map(({ memory }) => memory)).toEqual([undefined, Float32Array.of(1)])
  expect({ finalMemory, finalObservation, truncated }).toEqual({
    ...{ finalMemory: Float32Array.of(2), finalObservation: Float32Array.of(2), truncated: false },
  })
})

test('stopping opens nothing, lasts no round, and pays what the end does', async () => {
  const { opened, player: root } = player([0, 3])
  await root.beforeRound()
  root.afterRound(paying(1))
  await root.beforeRound()
  root.afterRound(paying(1))
  expect(root.stopped).toBe(false)
  expect(await root.beforeRound()).toBe(false)
  expect(root.stopped).toBe(true)
  expect(opened).toEqual([0])
  root.afterStop(paying(4))
  const last = root.trajectory().transitions.at(-1)
  expect(last).toMatchObject({ action: 3, reward: 4, duration: 0 })
})
