import { isDeepStrictEqual } from 'node:util'
import { show } from '../../common/findings.ts'
import { Rng } from '../../common/random.ts'
import type { Space } from '../../envs/env.ts'
import { Box, Discrete } from '../../envs/spaces.ts'
import type { Decision, Trajectory } from '../agent.ts'
import { flattenRows } from '../flatten.ts'
import { layOut } from '../transitions.ts'
import type { AnyAgent, Trial } from './trial.ts'

const STEPS = 40
const ENVS = 2
const UPDATES = 3

/** Where an agent can be played over typed arrays: that it decides, learns and reports there as it does with objects. */
export async function checkArrays(trial: Trial): Promise<void> {
  const { observationSpace: seen, actionSpace: done } = trial.world
  // The spaces that a BatchEnv may have.
  if (!(seen instanceof Box) || !(done instanceof Box || done instanceof Discrete)) return
  const [withArrays, withObjects] = [trial.make(6), trial.make(6)]
  if (withArrays.arrays === undefined) return
  await trial.attempt('arrays.throws', 'arrays', async () => {
    for (let update = 0; update < UPDATES; update++)
      if (!(await sameUpdate(trial, { withArrays, withObjects }, update))) return
  })
}

interface Both {
  readonly withArrays: AnyAgent
  readonly withObjects: AnyAgent
}

/** Two environments' steps, and what both agents make of them; false when they differ. */
async function sameUpdate(trial: Trial, { withArrays, withObjects }: Both, update: number): Promise<boolean> {
  const { observationSpace: seen, actionSpace } = trial.world
  const { arrays } = withArrays
  if (arrays === undefined) return false
  const world = Rng.of(update, 'world')
  const [own, other] = [Rng.of(update, 'policy'), Rng.of(update, 'policy')]
  const steps: { observations: unknown[]; decisions: readonly Decision<unknown>[] }[] = []
  for (let t = 0; t < STEPS; t++) {
    const observations = Array.from({ length: ENVS }, () => seen.sample(world))
    const masks = observations.map(() => undefined)
    const decisions = structuredClone(
      await withObjects.act(observations, { masks, explore: true, rng: other }),
    )
    const { actions, logProbabilities } = arrays.actRows(flattenRows(seen, observations), ENVS, own)
    const chosen = rowsOf(actions, ENVS).map((row, i) => ({
      action: actionOf(actionSpace, row),
      logProbability: logProbabilities?.[i],
    }))
    const expected = decisions.map(({ action, logProbability }) => ({ action, logProbability }))
    if (!isDeepStrictEqual(chosen, expected)) {
      trial.error(
        'arrays.act',
        `arrays.actRows() chooses ${show(chosen)} where act() chooses ${show(expected)}: both must draw and compute alike`,
      )
      return false
    }
    steps.push({ observations, decisions })
  }
  const rewards = Float64Array.from({ length: ENVS * STEPS }, () => world.normal())
  const finals = Array.from({ length: ENVS }, () => seen.sample(world))
  const trajectories = Array.from({ length: ENVS }, (_, env): Trajectory<unknown, unknown> => {
    const transitions = steps.map(({ observations, decisions }, t) => ({
      ...{ observation: observations[env], ...decisions[env], reward: rewards[env * STEPS + t], duration: 1 },
    }))
    // The first one ended, the others were cut.
    const end = { terminated: env === 0, truncated: env > 0 }
    return {
      episode: ENVS * update + env,
      actor: 'shared',
      transitions,
      ...end,
      finalObservation: finals[env],
    }
  })
  const encode = (action: unknown) => (typeof action === 'number' ? [action] : (action as Float32Array))
  const distribution = { actionSize: actionSpace instanceof Discrete ? 1 : actionSpace.flatSize, encode }
  // A BatchEnv has neither masks nor durations.
  const { masks: _, durations: __, ...rollout } = layOut(trajectories, { space: seen, distribution })
  const [report, expected] = [arrays.learnRows(rollout), await withObjects.learn(trajectories)]
  if (isDeepStrictEqual(report, expected) && isDeepStrictEqual(withArrays.state(), withObjects.state()))
    return true
  trial.error(
    'arrays.learn',
    `arrays.learnRows() learns otherwise than learn() from the same steps: it reports ${show(report)}, and learn() ${show(expected)}`,
  )
  return false
}

function rowsOf(matrix: Float32Array, rows: number): Float32Array[] {
  const width = matrix.length / rows
  return Array.from({ length: rows }, (_, row) => matrix.slice(row * width, (row + 1) * width))
}

function actionOf(space: Space<unknown>, numbers: Float32Array): unknown {
  return space instanceof Discrete ? numbers[0] : numbers
}
