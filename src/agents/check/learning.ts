import { isDeepStrictEqual } from 'node:util'
import { show } from '../../common/findings.ts'
import { Rng } from '../../common/random.ts'
import type { Trajectory, Transition } from '../agent.ts'
import { future } from './future.ts'
import { overwriteAll, roll } from './roll.ts'
import type { AnyAgent, Trial } from './trial.ts'
import { maskFor } from './worlds.ts'

/** What learning takes and leaves; false when it doesn't work. */
export async function checkLearning(trial: Trial): Promise<boolean> {
  const works = await trial.attempt('learn.throws', 'learn()', async () => {
    const agent = trial.make(1)
    const before = JSON.stringify(agent.state())
    for (const seed of [1, 2, 3]) await learnWatched(agent, trial, await roll(agent, trial.world, seed))
    if (JSON.stringify(agent.state()) !== before) return
    trial.warning(
      'learn.nothing',
      'three updates leave state() as it was: the agent learns nothing, or state() leaves out what it learns',
    )
  })
  if (!works) return false
  for (const [name, trajectories] of Object.entries(await edges(trial))) {
    await trial.attempt('learn.edge', `learn() from ${name}`, async () => {
      const agent = trial.make(1)
      await learnWatched(agent, trial, await roll(agent, trial.world, 1))
      await learnWatched(agent, trial, trajectories)
      await roll(agent, trial.world, 2)
    })
  }
  return trial.attempt('learn.throws', 'learn()', () => checkAliases(trial))
}

async function learnWatched(agent: AnyAgent, trial: Trial, given: readonly Trajectory<unknown, unknown>[]) {
  const before = structuredClone(given)
  const report: unknown = await agent.learn(given)
  if (typeof report !== 'object' || report === null) {
    trial.error('learn.report', `learn() returns ${show(report)}: return named figures, {} if there are none`)
    return
  }
  const wrong = Object.entries(report).find(([, figure]) => !Number.isFinite(figure))
  if (wrong !== undefined) {
    const [name, figure] = wrong
    trial.error(
      'learn.report',
      `learn() reports ${name} as ${show(figure)}: leave out what is no finite number`,
    )
  }
  if (isDeepStrictEqual(given, before)) return
  trial.error(
    'learn.mutates',
    'learn() changes the trajectories that it was given: copy what is to be changed',
  )
}

/** What comes up at the edges of runs. */
async function edges(
  trial: Trial,
): Promise<Readonly<Record<string, readonly Trajectory<unknown, unknown>[]>>> {
  const { world } = trial
  const played = (await roll(trial.make(1), world, 7)).flatMap(({ transitions }) => transitions).slice(0, 4)
  const rng = Rng.of(8, 'edges')
  const finalObservation = world.observationSpace.sample(rng)
  const trajectory = (transitions: readonly Transition<unknown, unknown>[], terminated: boolean) => [
    { episode: 1, actor: 'shared', transitions, terminated, truncated: !terminated, finalObservation },
  ]
  const durations = (duration: number) => played.map(transition => ({ ...transition, duration }))
  const onlyOne = played.map(transition => {
    const mask = maskFor(world.actionSpace, 'one action allowed', rng)
    return { ...transition, mask, action: world.actionSpace.sample(rng, mask), logProbability: 0 }
  })
  return {
    'an empty list': [],
    'a terminated episode': trajectory(durations(1), true),
    'a truncated episode': trajectory(durations(1), false),
    'an episode of one step': trajectory(played.slice(0, 1), true),
    'steps of duration 0': trajectory(durations(0), false),
    'steps of many rounds': trajectory(durations(3), true),
    'steps with one action allowed': trajectory(onlyOne, true),
    'equal rewards': trajectory(
      played.map(transition => ({ ...transition, reward: 0 })),
      false,
    ),
  }
}

/** Callers use their arrays again: an agent that kept them learns from something else. */
async function checkAliases(trial: Trial): Promise<void> {
  const careful = await future(trial.make(5), trial.world)
  const careless = await future(trial.make(5), trial.world, { careless: true, after: overwriteAll })
  const difference = careful.differenceFrom(careless)
  if (difference === undefined) return
  trial.error(
    'agent.aliases',
    `overwriting observations after act() or trajectories after learn() changes the agent (${difference}): ` +
      'copy what is kept beyond the call',
  )
}
