import { describe, expect, test } from 'vitest'
import { checkEnv } from '../../src/envs/check.ts'
import type { Env } from '../../src/envs/env.ts'
import { Box } from '../../src/envs/spaces.ts'
import { bandit } from './toys.ts'

const codes = async (env: Env<unknown, unknown>) => (await checkEnv(env)).map(finding => finding.code)

/** What is said of an environment, without its steps' findings. */
const messages = async (env: Env<unknown, unknown>, options = {}) =>
  (await checkEnv(env, options)).map(({ code, message }) => `${code}: ${message}`)

describe('bounds of boxes', () => {
  const all = ['step.after-end', 'seed.ignored']
  test.each([
    ['observationSpace', new Box(-Infinity, 1, [1]), ['space.observation-infinite', ...all]],
    ['observationSpace', new Box(-1, Infinity, [1]), ['space.observation-infinite', ...all]],
    [
      'observationSpace',
      new Box([-1, 0], [1, 0], [2]),
      ['space.observation-constant', 'observation.outside'],
    ],
    ['actionSpace', new Box(0, 1, [1]), all],
    ['actionSpace', new Box([-1, -2], [1, 2], [2]), all],
    ['actionSpace', new Box([-1, 0], [1, 2], [2]), ['space.action-bounds', ...all]],
    ['actionSpace', new Box([0, 0], [1, 2], [2]), ['space.action-bounds', ...all]],
    ['actionSpace', new Box(-Infinity, Infinity, [1]), ['space.action-bounds', ...all]],
    ['actionSpace', new Box([-1, 0], [1, 0], [2]), ['space.action-constant', ...all]],
  ] as const)('%s %j', async (name, space, expected) => {
    const found = new Set(await codes({ ...bandit, [name]: space }))
    for (const code of expected) expect(found).toContain(code)
    for (const code of found) if (code.startsWith('space.')) expect(expected).toContain(code)
  })
})

describe('what reset and step must return', () => {
  test.each([5, null, undefined, 'text', [new Float32Array(1), {}], { info: {} }])(
    'reset: not %j',
    async result => {
      expect(await codes({ ...bandit, reset: () => result as never })).toEqual(['reset.result'])
    },
  )

  test.each([5, null, 'text', { reward: 1, terminated: true, truncated: false, info: {} }])(
    'step: not %j',
    async result => {
      expect(await codes({ ...bandit, step: () => result as never })).toContain('step.result')
    },
  )

  test('an info is what JSON keeps, a duration a number of rounds', async () => {
    const found = async (info: unknown) =>
      (await codes({ ...bandit, step: action => ({ ...bandit.step(action), info }) as never })).filter(
        code => code.startsWith('info') || code.startsWith('duration'),
      )
    expect(await found({ duration: 0, words: ['a'], inner: { x: 1 } })).toEqual([])
    for (const info of [[], new Float32Array(1), 'text', null])
      expect(await found(info)).toEqual(['info.object'])
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    for (const info of [cycle, { big: 1n }, { when: new Date(0) }])
      expect(await found(info)).toEqual(['info.json'])
    for (const duration of [-1, '1', null]) expect(await found({ duration })).toEqual(['duration.invalid'])
  })

  test('a picture is a frame of its size, or text', async () => {
    const found = async (picture: unknown) =>
      (await codes({ ...bandit, render: () => picture as never })).filter(code => code.startsWith('render'))
    const pixels = new Uint8Array(2 * 3 * 3)
    expect(await found({ width: 2, height: 3, pixels })).toEqual([])
    expect(await found('a text')).toEqual([])
    for (const wrong of [
      5,
      null,
      { width: 2, height: 2, pixels },
      { width: 2, height: 3, pixels: [...pixels] },
    ])
      expect(await found(wrong)).toEqual(['render.result'])
  })
})

describe('a check ends', () => {
  const patience = { timeoutSeconds: 0.02 }
  const never = () => new Promise<never>(() => undefined)

  test('where a promise doesn’t settle: that is the finding, also of close', async () => {
    expect(await messages({ ...bandit, reset: never }, patience)).toEqual([
      expect.stringMatching(/^env\.hangs: reset\(\) returned a promise that has not settled after 0\.02 s/),
    ])
    const closing = await messages({ ...bandit, close: never }, patience)
    expect(closing.filter(message => message.startsWith('env.hangs: close()'))).toHaveLength(1)
  })

  test('where the environment throws beside its steps: that is said', async () => {
    const env = {
      ...bandit,
      get render(): never {
        throw new Error('no such member')
      },
    }
    expect(await messages(env)).toContain(
      'env.throws: the environment throws while it is checked: no such member',
    )
  })

  test('when it is asked to, and only then', async () => {
    await expect(checkEnv(bandit, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    })
    const controller = new AbortController()
    const slow = { ...bandit, reset: never }
    const checking = checkEnv(slow, { signal: controller.signal })
    setTimeout(() => controller.abort(), 5)
    await expect(checking).rejects.toMatchObject({ code: 'interrupted' })
  })
})
