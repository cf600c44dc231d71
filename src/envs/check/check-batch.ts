import { isPromise } from 'node:util/types'
import { messageOf } from '../../common/error.ts'
import { type Finding, Findings } from '../../common/findings.ts'
import { Rng } from '../../common/random.ts'
import type { BatchEnv } from '../batch/batch-env.ts'
import type { Env, MaybePromise } from '../env.ts'

/** What `checkBatchEnv` plays. */
export interface CheckBatchOptions {
  /** Chooses actions and seeds; the same one finds the same. */
  readonly rng?: Rng
  /** Of the whole batch. */
  readonly steps?: number
}

/** What a batch shows, or the single environments beside it. */
interface Shown {
  readonly observations: readonly number[]
  readonly rewards: readonly number[]
  readonly terminated: readonly number[]
  readonly truncated: readonly number[]
}

/**
 * Holds a `BatchEnv` to its contract: each of its environments does, bit by bit, what the single one does with the same
 * seed and actions; its arrays stay the same ones; what is skipped stays as it is; what is over is not stepped; and a
 * snapshot's future comes again. The batch is reset, stepped and in the end closed.
 * @param single makes one environment of the same kind, with its time limit; synchronous
 */
export function checkBatchEnv(
  batch: BatchEnv,
  single: () => Env<unknown, unknown>,
  { rng = Rng.of(0, 'check-batch'), steps = 200 }: CheckBatchOptions = {},
): readonly Finding[] {
  const findings = new Findings()
  try {
    new Trial(batch, single, rng, findings).run(steps)
    batch.close?.()
  } catch (error) {
    findings.error('batch.throws', `the batch throws while it is checked: ${messageOf(error)}`)
  }
  return findings.all
}

class Trial {
  private readonly singles: readonly Env<unknown, unknown>[]
  private readonly arrays: readonly unknown[]
  /** Of the singles; what the batch has to show. */
  private expected: Shown[]

  constructor(
    private readonly batch: BatchEnv,
    single: () => Env<unknown, unknown>,
    private readonly rng: Rng,
    private readonly findings: Findings,
  ) {
    this.singles = Array.from({ length: batch.size }, single)
    this.arrays = arraysOf(batch)
    this.expected = []
  }

  run(steps: number): void {
    const { batch, rng, singles } = this
    const seed = rng.int(2 ** 30)
    this.expected = singles.map((_, i) => this.begun(i, seed + i))
    this.compare('a reset')
    for (let t = 0; t < steps; t++) {
      if (t === Math.floor(steps / 2)) this.checkSnapshot()
      const skipped = Uint8Array.from(singles, () => (rng.next() < 0.1 ? 1 : 0))
      this.step(t % 3 === 0 ? skipped : undefined)
      this.compare(`step ${t + 1}`)
      for (let i = 0; i < batch.size; i++) {
        if (batch.terminated[i] === 0 && batch.truncated[i] === 0) continue
        this.refusesEnded(i)
        this.expected[i] = this.begun(i)
      }
    }
    if (arraysOf(batch).some((array, i) => array !== this.arrays[i]))
      this.findings.error(
        'batch.arrays',
        'a step or a reset puts another array in place of one: write into it',
      )
  }

  private begun(i: number, seed?: number): Shown {
    const { observation } = now(this.singles[i].reset(seed === undefined ? {} : { seed }))
    this.batch.reset(i, seed)
    return { observations: [...(observation as Float32Array)], rewards: [0], terminated: [0], truncated: [0] }
  }

  private step(skipped: Uint8Array | undefined): void {
    const { batch, singles } = this
    const { actions, numbers } = this.drawn()
    batch.step(numbers, skipped)
    this.expected = singles.map((env, i) => {
      if (skipped?.[i] === 1) return { ...this.expected[i], rewards: [0] }
      const { observation, reward, terminated, truncated } = now(env.step(actions[i]))
      return {
        observations: [...(observation as Float32Array)],
        rewards: [reward],
        terminated: [Number(terminated)],
        truncated: [Number(truncated)],
      }
    })
  }

  /** An action of each, and their numbers one after the other. */
  private drawn() {
    const { batch, singles, rng } = this
    const actions = singles.map(() => batch.actionSpace.sample(rng))
    const numbers = actions.flatMap(action => (typeof action === 'number' ? action : [...action]))
    return { actions, numbers }
  }

  private compare(when: string): void {
    const shown = shownBy(this.batch)
    for (const [i, expected] of this.expected.entries()) {
      for (const name of ['observations', 'rewards', 'terminated', 'truncated'] as const) {
        const [own, other] = [shown[i][name], expected[name]]
        if (own.length === other.length && own.every((x, k) => Object.is(x, other[k]))) continue
        this.findings.error(
          'batch.differs',
          `after ${when}, environment ${i} has ${name} [${own}], and the single one [${other}]: each of a batch is to be ` +
            'what the single one is, bit by bit',
        )
      }
    }
  }

  private refusesEnded(i: number): void {
    const { batch } = this
    const { numbers } = this.drawn()
    const others = Uint8Array.from(this.singles, (_, k) => (k === i ? 0 : 1))
    const before = shownBy(batch)
    try {
      batch.step(numbers, others)
    } catch {
      const same = shownBy(batch).every((shown, k) => JSON.stringify(shown) === JSON.stringify(before[k]))
      if (!same)
        this.findings.error('batch.refused', 'a step that is refused has changed something: check first')
      return
    }
    this.findings.error(
      'batch.after-end',
      'a step after the end of an episode is carried out: throw an error that says to call reset',
    )
  }

  private checkSnapshot(): void {
    const { batch } = this
    const snapshot = batch.snapshot()
    const actions = Array.from({ length: 8 }, () => this.drawn().numbers)
    const future = () =>
      JSON.stringify(
        actions.map(row => {
          batch.step(row)
          for (let i = 0; i < batch.size; i++)
            if (batch.terminated[i] === 1 || batch.truncated[i] === 1) batch.reset(i)
          return shownBy(batch)
        }),
      )
    const first = future()
    for (let time = 0; time < 2; time++) {
      batch.restore(snapshot)
      if (future() === first) continue
      this.findings.error(
        'batch.snapshot',
        'restored, the same actions lead elsewhere: a snapshot holds copies of everything that decides the future',
      )
    }
    batch.restore(snapshot)
  }
}

function arraysOf({ observations, rewards, terminated, truncated }: BatchEnv): readonly unknown[] {
  return [observations, rewards, terminated, truncated]
}

function shownBy({ size, observations, rewards, terminated, truncated }: BatchEnv): readonly Shown[] {
  const width = observations.length / size
  return Array.from({ length: size }, (_, i) => ({
    observations: [...observations.subarray(i * width, (i + 1) * width)],
    rewards: [rewards[i]],
    terminated: [terminated[i]],
    truncated: [truncated[i]],
  }))
}

function now<T>(value: MaybePromise<T>): T {
  if (isPromise(value)) throw new Error('the single environment has to answer at once')
  return value
}
