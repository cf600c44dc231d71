import { describe, expect, test } from 'vitest'
import type { Io } from '../../src/cli/command.ts'
import { run } from '../../src/cli/main.ts'
import type { BatchEnv } from '../../src/envs/batch/batch-env.ts'
import { classicEnvs } from '../../src/envs/classic/definitions.ts'
import { registerEnv } from '../../src/envs/registry.ts'

async function cli(...argv: readonly string[]) {
  const result = { code: 0, out: '', err: '' }
  const io: Io = {
    stdout: text => {
      result.out += text
    },
    stderr: text => {
      result.err += text
    },
    interactive: false,
    signal: new AbortController().signal,
    now: () => 0,
  }
  result.code = await run(argv, io)
  return result
}

const trace = (...argv: readonly string[]) => cli('trace', '--json', ...argv)
const linesOf = (out: string) =>
  out
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line))

describe('layergym trace', () => {
  test('one line a step, from the state, with nothing else on stdout', async () => {
    const { code, out, err } = await trace('--env=CartPole-v1', '--state=[0,0,0,0]', '--actions=[1,0]')
    expect([code, err]).toEqual([0, ''])
    const lines = linesOf(out)
    expect(lines).toHaveLength(2)
    expect(Object.keys(lines[0])).toEqual(['observation', 'reward', 'terminated', 'truncated'])
    // force 10 on a cart of 1 with a pole of 0.1 (half length 0.5) upright: 0.02 s of 9.7561 m/s² and −14.6341 rad/s².
    expect(lines[0].observation.map((x: number) => Number(x.toFixed(5)))).toEqual([0, 0.19512, 0, -0.29268])
  })

  test('it ends with the episode', async () => {
    const fallen = await trace('--env=CartPole-v1', '--state=[0,0,0.2,2]', '--actions=[1,1,1,1,1,1]')
    const lines = linesOf(fallen.out)
    expect(lines.length).toBeLessThan(6)
    expect(lines.map(line => line.terminated)).toEqual([...lines.slice(1).map(() => false), true])
  })

  test('the time limit counts from the state', async () => {
    const actions = JSON.stringify(Array(250).fill([0.5]))
    const { out } = await trace('--env=Pendulum-v1', '--state=[1,0]', `--actions=${actions}`)
    const lines = linesOf(out)
    expect(lines).toHaveLength(200)
    expect(lines.map(line => line.truncated).indexOf(true)).toBe(199)
  })

  test('torques out of bounds are clipped by the environment, a number stands for an array of one', async () => {
    const far = await trace('--env=Pendulum-v1', '--state=[1,0]', '--actions=[[9]]')
    expect(far.out).toBe((await trace('--env=Pendulum-v1', '--state=[1,0]', '--actions=[2]')).out)
  })

  test('the same seed, the same chances', async () => {
    const slide = (seed: number) =>
      trace(
        '--env=FrozenLake8x8-v1',
        '--state=9',
        `--actions=${JSON.stringify(Array(20).fill(0))}`,
        `--seed=${seed}`,
      )
    expect((await slide(1)).out).toBe((await slide(1)).out)
    expect((await slide(1)).out).not.toBe((await slide(2)).out)
  })

  test.each([
    [['--env=CartPol-v1', '--actions=[]'], "did you mean 'CartPole-v1'"],
    [['--env=CartPole-v1', '--actions=[0', '--state=[0,0,0,0]'], '--actions takes JSON'],
    [['--env=CartPole-v1', '--actions=1'], '--actions takes an array'],
    [['--env=CartPole-v1', '--actions=[2]'], 'action 0 of CartPole-v1 is 2'],
    [['--env=Pendulum-v1', '--actions=[[1,2]]'], 'action 0 of Pendulum-v1 is [1,2]'],
    [['--env=CartPole-v1', '--actions=[1]', '--state=[1]'], '4 finite numbers [x, x_dot, theta, theta_dot]'],
    [['--env=CartPole-v1', '--actions=[1]', '--seed=x'], '--seed takes an integer'],
    [['--actions=[1]'], '--env'],
  ])('%j: exit 2, and says what is allowed', async (argv, message) => {
    const { code, out, err } = await trace(...argv)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(message)
  })

  test('in words', async () => {
    const { out } = await cli('trace', '--env=MountainCar-v0', '--state=[0.49,0.06]', '--actions=[2]')
    expect(out).toMatch(/^ {3}1 {2}\[0\.5\d+,0\.06\d+\] {2}reward -1 terminated\n$/)
  })
})

describe('layergym check-env and list', () => {
  test('a good environment passes, with its findings', async () => {
    const { code, out } = await cli('check-env', 'CartPole-v1', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      env: 'CartPole-v1',
      ok: true,
      findings: [{ code: 'space.observation-infinite' }],
    })
  })

  test('wrong words: exit 2', async () => {
    expect((await cli('check-env', 'CartPole-v1', '--steps=0')).code).toBe(2)
    expect((await cli('check-env', 'CartPole-v1', '--env-options=[]')).err).toContain('takes an object')
  })

  test('several over typed arrays are held to the single one: exit 2 where they differ', async () => {
    const { batch, ...definition } = classicEnvs['CartPole-v1']
    const heavier: typeof batch = (spec, options, shape) =>
      batch?.(spec, { ...options, suttonBartoReward: true } as never, shape) as BatchEnv
    registerEnv('Heavier-v0', { ...definition, batch: heavier })
    const { code, out } = await cli('check-env', 'Heavier-v0', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(out).findings).toContainEqual(
      expect.objectContaining({ severity: 'error', code: 'batch.differs' }),
    )
  })

  test('list names the environments', async () => {
    const { envs } = JSON.parse((await cli('list', 'envs', '--json')).out)
    expect(envs.map((env: { id: string }) => env.id)).toContain('Pendulum-v1')
  })
})
