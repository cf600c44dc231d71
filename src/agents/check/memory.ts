import { isDeepStrictEqual } from 'node:util'
import { show } from '../../common/findings.ts'
import { Rng } from '../../common/random.ts'
import type { Mask } from '../../envs/env.ts'
import type { Decision, Memory } from '../agent.ts'
import type { AnyAgent, Trial } from './trial.ts'
import { allows, MASKINGS, maskFor } from './worlds.ts'

/** Decisions of an episode that is played for its memory. */
const LENGTH = 5
const CLOSE = 1e-4

/** Of a recurrent agent: what it carries is a value that decides alone, row by row. Nothing where it carries none. */
export async function checkMemory(trial: Trial): Promise<void> {
  await trial.attempt('memory.throws', 'act() with memories', async () => {
    const agent = trial.make(1)
    const carried = await playedMemories(agent, trial)
    if (carried === undefined) return
    await checkUnchanged(agent, trial, carried)
    await checkFresh(agent, trial, carried)
    await checkRows(agent, trial, carried)
    await checkMasks(agent, trial, carried)
  })
}

/** Whether an agent carries anything from decision to decision. */
export async function isRecurrent(agent: AnyAgent, observation: unknown, mask?: Mask): Promise<boolean> {
  const context = { masks: [mask], explore: false, rng: Rng.of(1, 'memory') }
  const [decision] = await agent.act([observation], context)
  return decision.memory !== undefined
}

/** One after each decision; undefined where there is none, or one is no memory. */
async function playedMemories(agent: AnyAgent, trial: Trial): Promise<readonly Memory[] | undefined> {
  const rng = Rng.of(11, 'memory')
  const memories: Memory[] = []
  for (let t = 0; t < LENGTH; t++) {
    const [{ memory }] = await actOn(agent, trial, [rng], [memories.at(-1)])
    if (memory === undefined && t === 0) return undefined
    const valid = memory instanceof Float32Array && memory.every(Number.isFinite)
    if (!valid || (t > 0 && memory.length !== memories[0].length)) {
      trial.error(
        'memory.invalid',
        `decision ${t + 1} of an episode gives the memory ${show(memory)}: give a Float32Array of finite numbers, as ` +
          'many with every decision',
      )
      return undefined
    }
    memories.push(memory)
  }
  return memories
}

async function checkUnchanged(agent: AnyAgent, trial: Trial, carried: readonly Memory[]): Promise<void> {
  const before = structuredClone(carried)
  await actOn(agent, trial, [Rng.of(12, 'memory')], [carried[0]])
  if (isDeepStrictEqual(before, carried)) return
  trial.error('memory.changed', 'act() changes a memory that it was given or gave before: return a new array')
}

/** An episode that begins must not know of others. */
async function checkFresh(agent: AnyAgent, trial: Trial, carried: readonly Memory[]): Promise<void> {
  const start = async () => structuredClone(await actOn(agent, trial, [Rng.of(13, 'memory')], [undefined]))
  const first = await start()
  await actOn(agent, trial, [Rng.of(14, 'memory')], [carried[1]])
  const again = await start()
  const other = await actOn(trial.make(1), trial, [Rng.of(13, 'memory')], [undefined])
  if (isDeepStrictEqual(first, again) && isDeepStrictEqual(first, structuredClone(other))) return
  trial.error(
    'memory.leaks',
    'an episode that begins depends on episodes before it: where context.memories has none, begin with nothing',
  )
}

/** Several rows are so many episodes. */
async function checkRows(agent: AnyAgent, trial: Trial, carried: readonly Memory[]): Promise<void> {
  const memories = [undefined, ...carried]
  const streams = () => memories.map((_, i) => Rng.of(20 + i, 'memory'))
  const together = structuredClone(await actOn(agent, trial, streams(), memories))
  const alone: Decision<unknown>[] = []
  for (const [i, memory] of memories.entries()) {
    const [decision] = await actOn(agent, trial, [streams()[i]], [memory])
    alone.push(structuredClone(decision))
  }
  if (together.every((decision, i) => isClose(decision.memory, alone[i].memory))) return
  trial.error(
    'memory.mixed',
    'what is remembered of an episode depends on the others in the call: row i has context.memories[i]',
  )
}

async function checkMasks(agent: AnyAgent, trial: Trial, carried: readonly Memory[]): Promise<void> {
  const { actionSpace } = trial.world
  const rng = Rng.of(15, 'memory')
  for (const masking of MASKINGS) {
    for (const memory of carried) {
      const mask = maskFor(actionSpace, masking, rng)
      const [{ action }] = await actOn(agent, trial, [rng], [memory], mask)
      if (mask === undefined || allows(mask, actionSpace, action)) continue
      trial.error(
        'action.masked',
        `with a memory, act() chooses ${show(action)}, which the mask [${mask.join(', ')}] forbids`,
      )
      return
    }
  }
}

/** Greedy decisions on an observation of each stream. */
async function actOn(
  agent: AnyAgent,
  { world }: Trial,
  streams: readonly Rng[],
  memories: readonly (Memory | undefined)[],
  mask?: Mask,
): Promise<readonly Decision<unknown>[]> {
  const observations = streams.map(rng => world.observationSpace.sample(rng))
  const masks = observations.map(() => mask)
  return agent.act(observations, { masks, memories, explore: false, rng: Rng.of(2, 'memory') })
}

function isClose(a: Memory | undefined, b: Memory | undefined): boolean {
  return (
    a !== undefined &&
    b !== undefined &&
    a.length === b.length &&
    a.every((x, i) => Math.abs(x - b[i]) <= CLOSE)
  )
}
