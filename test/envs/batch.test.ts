import { describe, expect, test } from 'vitest'
import { Rng } from '../../src/common/random.ts'
import type { BatchEnv } from '../../src/envs/batch/batch-env.ts'
import { makeVectorEnv } from '../../src/envs/batch/make-vector.ts'
import { checkBatchEnv } from '../../src/envs/check/check-batch.ts'
import { makeBatchEnv, makeEnv } from '../../src/envs/registry.ts'
import { autoresetModes, VectorEnv } from '../../src/envs/vector.ts'

const IDS = [
  'CartPole-v1',
  'MountainCar-v0',
  'MountainCarContinuous-v0',
  'Acrobot-v1',
  'Pendulum-v1',
] as const

function made(id: string, size: number, options = {}): BatchEnv {
  const batch = makeBatchEnv(id, size, options)
  if (batch === undefined) throw new Error(`${id} has no batch`)
  return batch
}

describe('classic control over typed arrays', () => {
  test.each(IDS)('is bit by bit what the single ones are, time limits included: %s', id => {
    const options = { maxEpisodeSteps: 17 }
    expect(checkBatchEnv(made(id, 5, options), () => makeEnv(id, options))).toEqual([])
  })

  test.each([
    ['CartPole-v1', { suttonBartoReward: true }],
    ['Pendulum-v1', { g: 3 }],
    ['MountainCar-v0', { goalVelocity: 0.01, maxEpisodeSteps: null }],
  ])('takes the options of the single one: %s %o', (id, options) => {
    expect(checkBatchEnv(made(id, 2, options), () => makeEnv(id, options))).toEqual([])
  })

  test('refuses what the single one refuses, and says which it was', () => {
    const batch = made('CartPole-v1', 2)
    expect(() => batch.step([0, 0])).toThrow(/environment 0 of CartPole-v1 has no episode/)
    batch.reset(0, 1)
    batch.reset(1, 2)
    expect(() => batch.step([0, 2])).toThrow(/takes actions of .*not 2/)
    expect(() => batch.step([0])).toThrow(/one an environment, 2, not 1/)
    expect(() => made('CartPole-v1', 0)).toThrow(/integer >= 1/)
    expect(() => made('Pendulum-v1', 1, { gravity: 3 })).toThrow(/no option 'gravity'/)
  })
})

describe('a VectorEnv over a batch', () => {
  test.each(autoresetModes.flatMap(mode => IDS.map(id => [mode, id] as const)))(
    'gives in the mode %s what single environments give: %s',
    async (mode, id) => {
      const [size, options] = [4, { maxEpisodeSteps: 9 }]
      const together = makeVectorEnv(id, size, { autoreset: mode, options })
      expect(together.envs).toEqual([])
      const apart = new VectorEnv(
        Array.from({ length: size }, () => makeEnv(id, options)),
        mode,
      )
      expect(together.reset({ seed: 3 })).toEqual(apart.reset({ seed: 3 }))
      const rng = Rng.of(1)
      let over = new Uint8Array(size)
      for (let t = 0; t < 40; t++) {
        if (mode === 'disabled' && over.includes(1)) {
          expect(together.reset({ mask: over })).toEqual(apart.reset({ mask: over }))
        }
        const actions = Array.from({ length: size }, () => apart.actionSpace.sample(rng))
        const step = await together.step(actions)
        expect(step).toEqual(await apart.step(actions))
        over = step.terminated.map((bit, i) => bit | step.truncated[i])
        if (t === 20) together.restore(structuredClone(await together.snapshot()))
      }
    },
  )

  test('what it has told stays as it was', async () => {
    const envs = makeVectorEnv<Float32Array, number>('CartPole-v1', 3)
    const { observations } = await envs.reset({ seed: 1 })
    const before = structuredClone(observations)
    const { rewards } = await envs.step([0, 1, 0])
    await envs.step([0, 1, 0])
    expect(observations).toEqual(before)
    expect([...rewards]).toEqual([1, 1, 1])
  })

  test('an environment without such a form is played one by one', async () => {
    const envs = makeVectorEnv('MaskedWalk-v0', 2)
    expect(envs.envs).toHaveLength(2)
    expect((await envs.reset({ seed: 1 })).observations).toHaveLength(2)
  })
})

describe('checkBatchEnv finds', () => {
  const findings = (change: (batch: BatchEnv) => Partial<BatchEnv>) => {
    const batch = made('CartPole-v1', 3, { maxEpisodeSteps: 10 })
    const changed: BatchEnv = Object.create(batch, Object.getOwnPropertyDescriptors(change(batch)))
    const found = checkBatchEnv(changed, () => makeEnv('CartPole-v1', { maxEpisodeSteps: 10 }))
    return found.map(({ code }) => code)
  }

  test('a reward that differs', () => {
    const step: BatchEnv['step'] = () => undefined
    expect(
      findings(batch => ({
        step: (...args: Parameters<typeof step>) => {
          batch.step(...args)
          batch.rewards[1] += 1e-12
        },
      })),
    ).toContain('batch.differs')
  })

  test('a snapshot that is no copy', () => {
    expect(findings(batch => ({ restore: () => void batch.rewards.fill(0) }))).toContain('batch.snapshot')
  })

  test('a step after the end', () => {
    expect(
      findings(batch => ({
        step: (actions, skipped) => {
          try {
            batch.step(actions, skipped)
          } catch {}
        },
      })),
    ).toContain('batch.after-end')
  })

  test('an array that is another one', () => {
    expect(
      findings(batch => {
        let count = 0
        return {
          get rewards() {
            return count++ > 100 ? batch.rewards.slice() : batch.rewards
          },
        }
      }),
    ).toContain('batch.arrays')
  })

  test('what throws', () => {
    expect(
      findings(() => ({
        reset: () => {
          throw new Error('no')
        },
      })),
    ).toEqual(['batch.throws'])
  })
})
