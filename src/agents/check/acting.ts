import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../../common/error.ts'
import { show } from '../../common/findings.ts'
import { Rng } from '../../common/random.ts'
import { NeverEnded } from '../../envs/check/watch.ts'
import type { Mask } from '../../envs/env.ts'
import type { Decision } from '../agent.ts'
import type { AnyAgent, Trial } from './trial.ts'
import { allows, MASKINGS, type Masking, maskFor } from './worlds.ts'

/** What decisions are like, one row or several, exploring or greedy, masked or not; false when acting doesn't work. */
export async function checkActing(agent: AnyAgent, trial: Trial): Promise<boolean> {
  for (const explore of [true, false]) {
    for (const masking of MASKINGS) {
      for (const rows of [0, 1, 7]) {
        if (!(await checkDecisions(agent, trial, { explore, masking, rows }))) return false
      }
    }
  }
  return trial.attempt('act.throws', 'act()', async () => {
    await checkStreams(agent, trial)
    await checkGreedy(agent, trial)
    await checkKept(agent, trial)
  })
}

interface Case {
  readonly explore: boolean
  readonly masking: Masking
  readonly rows: number
}

async function checkDecisions(agent: AnyAgent, trial: Trial, given: Case): Promise<boolean> {
  const { explore, masking, rows } = given
  const rng = Rng.of(rows, 'acting', masking)
  const { observations, masks } = scene(trial, rng, rows, masking)
  const what = `act() on ${rows} observations (explore: ${explore}, ${masking})`
  let decisions: unknown
  try {
    decisions = await agent.act(observations, { masks, explore, rng })
  } catch (error) {
    if (error instanceof NeverEnded) throw error
    trial.error('act.throws', `${what} throws: ${messageOf(error)}`)
    return false
  }
  if (!Array.isArray(decisions) || decisions.length !== rows || !decisions.every(isDecision)) {
    trial.error(
      'act.count',
      `${what} returns ${show(decisions)}: return one { action } an observation, in order`,
    )
    return false
  }
  return decisions.every((decision: Decision<unknown>, row) => checkOne(trial, decision, masks[row], what))
}

function checkOne(trial: Trial, decision: Decision<unknown>, mask: Mask | undefined, what: string): boolean {
  const { actionSpace } = trial.world
  if (!actionSpace.contains(decision.action)) {
    trial.error(
      'action.outside',
      `${what} chooses ${show(decision.action)}, which is not in ${JSON.stringify(actionSpace)}: ` +
        'clip or round it, return the type that the space holds, or refuse such spaces (refuses)',
    )
    return false
  }
  if (mask !== undefined && !allows(mask, actionSpace, decision.action)) {
    trial.error(
      'action.masked',
      `${what} chooses ${show(decision.action)}, which the mask [${mask.join(', ')}] forbids: ` +
        'give forbidden actions the probability 0, or the value -Infinity',
    )
  }
  for (const name of ['logProbability', 'value'] as const) {
    const figure = decision[name]
    if (figure === undefined || Number.isFinite(figure)) continue
    trial.error(
      'decision.finite',
      `${what} returns the ${name} ${show(figure)}: return a finite number, or none`,
    )
  }
  return true
}

/** The same stream, the same decisions: nothing else may be drawn from, and nothing may change. */
async function checkStreams(agent: AnyAgent, trial: Trial): Promise<void> {
  const before = JSON.stringify(agent.state())
  const act = async (stream: number) => {
    const { observations, masks } = scene(trial, Rng.of(3, 'acting'), 20)
    const rng = Rng.of(stream, 'policy')
    return structuredClone(await agent.act(observations, { masks, explore: true, rng }))
  }
  const [first, second] = [await act(1), await act(1)]
  if (JSON.stringify(agent.state()) !== before) {
    trial.error(
      'act.changes-state',
      'acting changes what state() holds: episodes act side by side, so only learn() may change the agent',
    )
  }
  if (isDeepStrictEqual(first, second)) return
  trial.error(
    'act.irreproducible',
    'the same observations and the same context.rng give other decisions: draw everything random from context.rng, ' +
      'and keep nothing between calls of act()',
  )
}

/** A warning: ties may be broken by chance. */
async function checkGreedy(agent: AnyAgent, trial: Trial): Promise<void> {
  const choose = async (stream: number) => {
    const { observations, masks } = scene(trial, Rng.of(4, 'acting'), 20)
    const rng = Rng.of(stream, 'policy')
    const decisions = await agent.act(observations, { masks, explore: false, rng })
    return structuredClone(decisions.map(({ action }) => action))
  }
  if (isDeepStrictEqual(await choose(1), await choose(2))) return
  trial.warning(
    'act.greedy-random',
    'greedy actions depend on context.rng: with context.explore false, choose the best action',
  )
}

/** Decisions that were handed over must stay what they were. */
async function checkKept(agent: AnyAgent, trial: Trial): Promise<void> {
  const act = (seed: number) => {
    const rng = Rng.of(seed, 'acting')
    const { observations, masks } = scene(trial, rng, 5)
    return agent.act(observations, { masks, explore: true, rng })
  }
  const decisions = await act(5)
  const copy = structuredClone(decisions)
  await act(6)
  if (isDeepStrictEqual(decisions, copy)) return
  trial.error(
    'action.reused',
    'decisions change when act() is called again: return new arrays, not those that the agent works on',
  )
}

function scene(trial: Trial, rng: Rng, rows: number, masking?: Masking) {
  const { observationSpace, actionSpace } = trial.world
  const observations = Array.from({ length: rows }, () => observationSpace.sample(rng))
  const masks = observations.map((_, i) =>
    maskFor(actionSpace, masking ?? MASKINGS[i % MASKINGS.length], rng),
  )
  return { observations, masks }
}

function isDecision(value: unknown): value is Decision<unknown> {
  return typeof value === 'object' && value !== null && 'action' in value
}
