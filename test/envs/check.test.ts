import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import { assertEnv, checkEnv } from '../../src/envs/check.ts'
import type { Env, Mask, Snapshot, Space, StepResult } from '../../src/envs/env.ts'
import { Box, MultiDiscrete } from '../../src/envs/spaces.ts'
import { bandit, Corridor } from './toys.ts'

const codes = async (env: Env<unknown, unknown>) => (await checkEnv(env)).map(finding => finding.code)

type Step = StepResult<Float32Array>

/** A corridor whose steps come out changed. */
function stepping(change: (result: Step) => unknown): Corridor {
  return new (class extends Corridor {
    override step(action: number) {
      return change(super.step(action)) as Step
    }
  })()
}

/** A corridor with some members replaced. */
function patched(members: Partial<Record<keyof Corridor, unknown>>): Corridor {
  const env = new Corridor()
  for (const [key, value] of Object.entries(members)) Object.defineProperty(env, key, { value })
  return env
}

class Careless extends Corridor {
  override step(action: number): Step {
    this.over = false
    return super.step(action)
  }
}

class SharedObservation extends Corridor {
  private readonly buffer = new Float32Array(2)
  protected override observe(): Float32Array {
    this.buffer.set(super.observe())
    return this.buffer
  }
}

class Unseeded extends Corridor {
  private readonly own = Rng.of(7)
  override reset() {
    super.reset()
    this.position = this.own.int(4)
    return { observation: this.observe(), info: {} }
  }
}

class AlwaysLeft extends Corridor {
  override reset() {
    return super.reset({ seed: 3 })
  }
}

class ForgetsRng extends Corridor {
  override restore(snapshot: Snapshot): void {
    const rng = this.rng
    super.restore(snapshot)
    this.rng = rng
  }
}

class AliasedSnapshot extends Corridor {
  private path: number[] = []
  override reset(options?: { seed?: number }) {
    this.path = []
    return super.reset(options)
  }
  override step(action: number): Step {
    this.path.push(action)
    const result = super.step(action)
    return { ...result, reward: this.path.length }
  }
  override snapshot(): Snapshot {
    return { inner: super.snapshot(), path: this.path }
  }
  override restore(snapshot: Snapshot): void {
    const { inner, path } = snapshot as { inner: Snapshot; path: number[] }
    super.restore(inner)
    this.path = path
  }
}

class DisturbingSnapshot extends Corridor {
  override snapshot(): Snapshot {
    this.rng.next()
    return super.snapshot()
  }
}

class Endless extends Corridor {
  override step(action: number): Step {
    const result = super.step(action)
    this.over = result.terminated
    return { ...result, observation: this.observe(), truncated: false }
  }
  override actionMask(): Mask {
    return Uint8Array.of(this.position > 0 ? 1 : 0, this.position < this.length - 2 ? 1 : 0)
  }
  protected override observe() {
    return super.observe().map(x => Math.max(x, 0))
  }
}

/** A bandit with an array for an action, which it clobbers. */
class ClobbersAction implements Env<Float32Array, readonly number[]> {
  readonly spec = { id: 'Clobbers' }
  readonly observationSpace = new Box(-1, 1, [1])
  readonly actionSpace = new MultiDiscrete([2, 2])
  reset() {
    return { observation: new Float32Array(1), info: {} }
  }
  step(action: readonly number[]) {
    ;(action as number[])[0] = 5
    return { observation: new Float32Array(1), reward: 0, terminated: true, truncated: false, info: {} }
  }
}

describe('a sound environment', () => {
  test('has no findings', async () => {
    expect(await checkEnv(new Corridor())).toEqual([])
  })

  test('asynchronous ones are checked alike', async () => {
    const inner = new Corridor()
    const env: Env<Float32Array, number> = {
      spec: inner.spec,
      observationSpace: inner.observationSpace,
      actionSpace: inner.actionSpace,
      reset: async options => inner.reset(options),
      step: async action => inner.step(action),
      actionMask: () => inner.actionMask(),
      snapshot: async () => inner.snapshot(),
      restore: async snapshot => inner.restore(snapshot),
      close: async () => inner.close(),
    }
    expect(await checkEnv(env)).toEqual([])
    expect(await codes({ ...env, step: async () => Promise.reject(new Error('lost')) })).toEqual([
      'step.throws',
    ])
  })

  test('assertEnv passes it, warnings included, and lists errors otherwise', async () => {
    await assertEnv(new Corridor())
    await assertEnv(new Careless())
    await expect(
      assertEnv(stepping(r => ({ ...r, reward: Number.NaN, terminated: r.terminated || 1 }))),
    ).rejects.toThrow(/Corridor breaks.*2 ways:\n- reward\.finite: .*finite number\n- terminated\.boolean/s)
  })
})

const nan = Float32Array.of(Number.NaN, 0)
const dummy = { kind: 'mine' } as unknown as Space<Float32Array>

/** Every finding, with an environment that is broken in this way and in no other. */
const broken: Readonly<Record<string, Env<unknown, unknown>>> = {
  'spec.id': patched({ spec: {} }),
  'space.missing': patched({ observationSpace: dummy }),
  'space.observation-infinite': patched({ observationSpace: new Box(-Infinity, Infinity, [2]) }),
  'space.observation-constant': new (class extends Corridor {
    override readonly observationSpace = new Box([-1, 0], [1, 0], [2])
    protected override observe() {
      return Float32Array.of(super.observe()[0], 0)
    }
  })(),
  'reset.result': patched({ reset: () => new Float32Array(2) }),
  'reset.throws': patched({
    reset: () => {
      throw new Error('no')
    },
  }),
  'observation.outside': stepping(r => ({ ...r, observation: [0, 0] })),
  'observation.nan': stepping(r => ({ ...r, observation: nan })),
  'observation.mutated': new SharedObservation(),
  'info.object': stepping(r => ({ ...r, info: undefined })),
  'info.json': stepping(r => ({ ...r, info: { big: new Float32Array(1) } })),
  'step.result': stepping(r => [r.observation, r.reward]),
  'step.throws': patched({
    step: () => {
      throw new Error('lost')
    },
  }),
  'step.after-end': new Careless(),
  'reward.finite': stepping(r => ({ ...r, reward: Number.POSITIVE_INFINITY })),
  'terminated.boolean': stepping(r => ({ ...r, terminated: r.terminated ? true : undefined })),
  'truncated.boolean': stepping(r => ({ ...r, truncated: r.truncated ? true : 0 })),
  'duration.invalid': stepping(r => ({ ...r, info: { duration: -1 } })),
  'episode.length': new Endless(),
  'action.mutated': new ClobbersAction(),
  'mask.type': patched({ actionMask: () => [1, 1] }),
  'mask.length': patched({ actionMask: () => Uint8Array.of(1) }),
  'mask.empty': patched({ actionMask: () => new Uint8Array(2) }),
  'seed.irreproducible': new Unseeded(),
  'seed.ignored': new AlwaysLeft(),
  'snapshot.half': patched({ restore: undefined }),
  'snapshot.replay': new AliasedSnapshot(),
  'snapshot.disturbs': new DisturbingSnapshot(),
  'snapshot.throws': patched({
    snapshot: () => {
      throw new Error('full')
    },
  }),
  'render.result': patched({ render: () => ({ width: 2, height: 2, pixels: new Uint8Array(3) }) }),
  'render.throws': patched({
    render: () => {
      throw new Error('no screen')
    },
  }),
  'close.throws': patched({
    close: () => {
      throw new Error('closed already')
    },
  }),
}

/** Faults that show twice by their nature. */
const also: Readonly<Record<string, readonly string[]>> = {
  'action.mutated': ['seed.ignored', 'step.after-end'],
}

describe('each fault is found, and nothing else is', () => {
  test.each(Object.entries(broken))('%s', async (code, env) => {
    expect(new Set(await codes(env))).toEqual(new Set([code, ...(also[code] ?? [])]))
  })

  test('a snapshot that forgets the random generator', async () => {
    expect(await codes(new ForgetsRng())).toEqual(['snapshot.replay'])
  })

  test('an action box that policies will have trouble with', async () => {
    const env = { ...bandit, actionSpace: new Box(0, 100, [1]) }
    expect(await codes(env)).toEqual(['space.action-bounds', 'step.after-end', 'seed.ignored'])
    expect(await codes({ ...env, actionSpace: new Box(1, 1, [1]) })).toContain('space.action-constant')
  })

  test('seeds that decide little, but something, are no finding', async () => {
    /** Four seeds in a row are one. */
    class Coarse extends Corridor {
      override reset(options?: { seed?: number }) {
        return super.reset(options?.seed === undefined ? options : { seed: Math.floor(options.seed / 4) })
      }
    }
    for (let stream = 0; stream < 4; stream++)
      expect(await checkEnv(new Coarse(), { rng: Rng.of(stream) })).toEqual([])
  })

  test('what is said to be nondeterministic is not held to seeds', async () => {
    const env = new Unseeded()
    Object.defineProperty(env, 'spec', { value: { id: 'Noisy', nondeterministic: true } })
    expect(await codes(env)).toEqual([])
  })
})
