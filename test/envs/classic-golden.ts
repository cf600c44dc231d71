import { inflateSync } from 'node:zlib'
import type { ClassicControl } from '../../src/envs/classic/control.ts'
import type { StepResult } from '../../src/envs/env.ts'
import { makeEnv } from '../../src/envs/registry.ts'
import { unwrapped } from '../../src/envs/wrappers/wrapper.ts'

/** What test/golden/classic_gymnasium.py writes of one environment; strings are base64 of zlib of little-endian. */
export interface GoldenEnv {
  readonly trajectories: number
  readonly anchorSteps: number
  /** So many trajectories have every observation and reward. */
  readonly detailed: number
  readonly scale: number | null
  readonly states: string
  readonly lengths: string
  readonly actions: string
  readonly ends: string
  readonly returns: string
  readonly last: string
  readonly observations: string
  readonly rewards: string
}

export interface Golden {
  readonly versions: { readonly gymnasium: string; readonly numpy: string; readonly python: string }
  readonly envs: Readonly<Record<string, GoldenEnv>>
  /** [state, action, probability, next, reward, terminated] */
  readonly lakes: Readonly<Record<string, readonly [number, number, number, number, number, boolean][]>>
}

/** Where our trajectories leave Gymnasium's by more than the tolerance, and how far they get from it. */
export interface Comparison {
  readonly steps: number
  readonly wrong: readonly string[]
  readonly terminated: number
  readonly truncated: number
}

const TOLERANCE = 1e-6

/**
 * Replays every trajectory of a golden environment.
 * @param anchored take Gymnasium's state over where it is given, every `anchorSteps`
 */
export function compare(id: string, golden: GoldenEnv, anchored: boolean): Comparison {
  const env = makeEnv<Float32Array, unknown>(id)
  const inner = unwrapped(env) as ClassicControl<unknown>
  const states = new Float64Array(bytes(golden.states))
  const actions = new Int8Array(bytes(golden.actions))
  const ends = new Int8Array(bytes(golden.ends))
  const returns = new Float64Array(bytes(golden.returns))
  const last = new Float32Array(bytes(golden.last))
  const observations = new Float32Array(bytes(golden.observations))
  const rewards = new Float64Array(bytes(golden.rewards))
  const lengths = new Int32Array(bytes(golden.lengths))
  const width = last.length / golden.trajectories
  const wrong: string[] = []
  let [anchor, at] = [0, 0]
  for (const [k, length] of lengths.entries()) {
    const faults: string[] = []
    const check = (what: string, step: number, ours: ArrayLike<number>, theirs: ArrayLike<number>) => {
      const off = Array.from(ours).findIndex((x, i) => !(Math.abs(x - theirs[i]) <= TOLERANCE))
      if (off >= 0)
        faults.push(`${id} ${k}, step ${step}: ${what} ${off} is ${ours[off]}, not ${theirs[off]}`)
    }
    env.reset()
    let total = 0
    let result: StepResult<Float32Array> | undefined
    for (let t = 0; t < length; t++, at++) {
      if (t % golden.anchorSteps === 0) {
        const size = inner.state.length
        const state = states.subarray(anchor * size, (anchor + 1) * size)
        anchor++
        if (t > 0 && anchored) check('state', t, inner.state, state)
        if (t === 0 || anchored) inner.state = [...state]
      }
      const code = actions[at]
      const action = golden.scale === null ? code : Float32Array.of(code / golden.scale)
      // An episode that ended early is told below, once.
      if (result?.terminated || result?.truncated) continue
      result = env.step(action) as StepResult<Float32Array>
      total += result.reward
      if (k < golden.detailed) {
        check('observation', t, result.observation, observations.subarray(at * width, (at + 1) * width))
        check('reward', t, [result.reward], [rewards[at]])
      }
      const ended = result.terminated || result.truncated
      if (ended !== (t === length - 1)) faults.push(`${id} ${k}: ${ended ? 'ends' : 'goes on'} at step ${t}`)
    }
    check(
      'last observation',
      length,
      result?.observation ?? [Number.NaN],
      last.subarray(k * width, (k + 1) * width),
    )
    check('mean reward', length, [total / length], [returns[k] / length])
    check('end', length, [Number(result?.terminated) + 2 * Number(result?.truncated)], [ends[k]])
    if (faults.length > 0) wrong.push(faults[0])
  }
  const count = (bit: number) => ends.filter(end => (end & bit) !== 0).length
  return { steps: at, wrong, terminated: count(1), truncated: count(2) }
}

function bytes(packed: string): ArrayBuffer {
  return new Uint8Array(inflateSync(Buffer.from(packed, 'base64'))).buffer
}
