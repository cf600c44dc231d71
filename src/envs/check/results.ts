import { isDeepStrictEqual } from 'node:util'
import type { Frame } from '../../common/canvas.ts'
import { messageOf } from '../../common/error.ts'
import { type Findings, show } from '../../common/findings.ts'
import type { Env } from '../env.ts'

/** What reset returns, with and without seed and options; false when no episode can start. */
export async function checkReset(
  env: Env<unknown, unknown>,
  seed: number,
  findings: Findings,
): Promise<boolean> {
  for (const options of [undefined, { seed, options: {} }, { seed }]) {
    const call = `reset(${options === undefined ? '' : JSON.stringify(options)})`
    try {
      const result: unknown = await env.reset(options)
      if (!isRecord(result) || !('observation' in result)) {
        findings.error('reset.result', `${call} returns ${show(result)}: return { observation, info }`)
        return false
      }
      checkObservation(env, result.observation, call, findings)
      checkInfo(result.info, call, findings)
    } catch (error) {
      findings.error('reset.throws', `${call} throws: ${messageOf(error)}`)
      return false
    }
  }
  return true
}

/** What step returns; false when the episode can't go on. */
export function checkStep(env: Env<unknown, unknown>, result: unknown, findings: Findings): boolean {
  if (!isRecord(result) || !('observation' in result)) {
    findings.error(
      'step.result',
      `step returns ${show(result)}: return { observation, reward, terminated, truncated, info }`,
    )
    return false
  }
  checkObservation(env, result.observation, 'step', findings)
  checkInfo(result.info, 'step', findings)
  if (typeof result.reward !== 'number' || !Number.isFinite(result.reward)) {
    findings.error('reward.finite', `the reward is ${show(result.reward)}: return a finite number`)
  }
  for (const end of ['terminated', 'truncated'] as const) {
    if (typeof result[end] === 'boolean') continue
    findings.error(`${end}.boolean`, `${end} is ${show(result[end])}: return true or false`)
  }
  const duration = isRecord(result.info) ? result.info.duration : undefined
  const valid = duration === undefined || (Number.isFinite(duration) && (duration as number) >= 0)
  if (!valid) {
    findings.error(
      'duration.invalid',
      `info.duration is ${show(duration)}: give rounds, a finite number >= 0`,
    )
  }
  return true
}

/** A Frame of the size it says, or text. */
export async function checkRender(env: Env<unknown, unknown>, findings: Findings): Promise<void> {
  if (env.render === undefined) return
  try {
    const picture: unknown = await env.render()
    if (typeof picture === 'string' || isFrame(picture)) return
    findings.error(
      'render.result',
      `render() returns ${show(picture)}: return a string, or a frame whose pixels are a Uint8Array of height x width x 3`,
    )
  } catch (error) {
    findings.error('render.throws', `render() throws: ${messageOf(error)}`)
  }
}

export function checkObservation(
  env: Env<unknown, unknown>,
  observation: unknown,
  call: string,
  findings: Findings,
) {
  if (
    (observation instanceof Float32Array || observation instanceof Float64Array) &&
    observation.some(Number.isNaN)
  ) {
    findings.error(
      'observation.nan',
      `${call} returns an observation with NaN, ${show(observation)}: mend the arithmetic, or end the episode first`,
    )
    return
  }
  if (env.observationSpace.contains(observation)) return
  findings.error(
    'observation.outside',
    `${call} returns the observation ${show(observation)}, which is not in ${JSON.stringify(env.observationSpace)}: ` +
      'clip it, widen the space, or return the type that the space holds (a Box holds typed arrays of its dtype, Float32Arrays by default)',
  )
}

function checkInfo(info: unknown, call: string, findings: Findings): void {
  if (!isRecord(info)) {
    findings.error(
      'info.object',
      `${call} returns the info ${show(info)}: return an object, {} if nothing is to say`,
    )
    return
  }
  let copy: unknown
  try {
    copy = JSON.parse(JSON.stringify(info))
  } catch {
    // A cycle or a bigint: reported as what it is, not JSON-safe.
  }
  if (isDeepStrictEqual(copy, info)) return
  findings.warning(
    'info.json',
    `${call} returns an info that JSON changes: hold finite numbers, strings, booleans, plain arrays and objects`,
  )
}

function isFrame(value: unknown): value is Frame {
  if (!isRecord(value) || !(value.pixels instanceof Uint8Array)) return false
  return value.pixels.length === Number(value.width) * Number(value.height) * 3
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
