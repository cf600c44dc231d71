import { Rng } from '../../common/random.ts'
import type { Memory, Trajectory, Transition } from '../agent.ts'
import type { AnyAgent } from './trial.ts'
import { MASKINGS, maskFor, overwrite, type World } from './worlds.ts'

/** Longest rollouts of a check: an agent that takes thousands of steps must do with fewer at a run's end too. */
const MOST_STEPS = 256
const MOST_EPISODES = 64

/**
 * As much as one update takes, of random observations and rewards and the agent's own decisions: masked and not,
 * durations 0 and 1, ends of both kinds.
 * @param careless overwrites what act() was given as soon as it has answered
 */
export async function roll(
  agent: AnyAgent,
  world: World,
  seed: number,
  careless = false,
): Promise<Trajectory<unknown, unknown>[]> {
  const rng = Rng.of(seed, 'world')
  const policy = Rng.of(seed, 'policy')
  const after = Rng.of(seed, 'after')
  const trajectories: Trajectory<unknown, unknown>[] = []
  for (const [i, length] of lengthsFor(agent).entries()) {
    const transitions: Transition<unknown, unknown>[] = []
    let memory: Memory | undefined
    for (let t = 0; t < length; t++) {
      const observation = world.observationSpace.sample(rng)
      const mask = maskFor(world.actionSpace, MASKINGS[rng.int(MASKINGS.length)], rng)
      const [given, givenMask] = [structuredClone(observation), mask?.slice()]
      const context = { masks: [givenMask], memories: [memory?.slice()], explore: true, rng: policy }
      const [decision] = await agent.act([given], context)
      if (careless) for (const array of [given, givenMask]) overwrite(array)
      const reward = rng.normal()
      const own = { ...structuredClone(decision), memory }
      transitions.push({ observation, mask, ...own, reward, duration: t % 2 })
      memory = decision.memory?.slice()
    }
    const truncated = i % 2 === 0
    const finalObservation = world.observationSpace.sample(rng)
    const episode = seed * 1000 + i
    trajectories.push({
      episode,
      actor: 'shared',
      transitions,
      terminated: !truncated,
      truncated,
      finalObservation,
      ...(memory !== undefined && { finalMemory: memory }),
      finalMask: truncated
        ? maskFor(world.actionSpace, MASKINGS[after.int(MASKINGS.length)], after)
        : undefined,
    })
  }
  return trajectories
}

function lengthsFor({ appetite: { unit, count } }: AnyAgent): readonly number[] {
  if (unit === 'episode') return Array.from({ length: Math.min(count, MOST_EPISODES) }, (_, i) => 3 + (i % 4))
  const steps = Math.min(count, MOST_STEPS)
  const second = Math.floor(steps / 3)
  return [steps - second, second].filter(length => length > 0)
}

/** Overwrites every array in trajectories, as a caller does who fills them anew. */
export function overwriteAll(trajectories: readonly Trajectory<unknown, unknown>[]): void {
  for (const { transitions, finalObservation, finalMask } of trajectories) {
    overwrite(finalObservation)
    overwrite(finalMask)
    for (const { observation, mask, action, memory } of transitions)
      for (const x of [observation, mask, action, memory]) overwrite(x)
  }
}
