import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { exactEnvs } from '../../src/envs/exact/definitions.ts'
import { makeEnv, registerEnv } from '../../src/envs/registry.ts'
import { buildContainer } from '../../src/runner/plugins/container.ts'
import { definePlugin } from '../../src/runner/plugins/plugin.ts'
import { layergym, ROOT, workspace } from '../support/e2e.ts'

const folder = workspace()
const plugin = join(folder, 'theirs.mjs')
const source = (path: string) => pathToFileURL(join(ROOT, path)).href

/** An agent that is sound, one that is not, and an environment of its own. */
beforeAll(() => {
  writeFileSync(
    plugin,
    `import { linearQ, LinearQ } from '${source('test/agents/linear-q.ts')}'
import { exactEnvs } from '${source('src/envs/exact/definitions.ts')}'
class Stubborn extends LinearQ {
  act(observations) { return observations.map(() => ({ action: 0 })) }
}
export const plugin = {
  name: 'theirs',
  agents: { linear: linearQ, stubborn: { ...linearQ, factory: context => new Stubborn(context) } },
  envs: { 'theirs/Arms-v1': { ...exactEnvs['Bandit-v0'], description: 'arms of theirs' } },
}
`,
  )
})

describe('layergym check-agent', () => {
  test.each(['random', 'reinforce', 'ppo', 'dqn'])('%s keeps the contract, and learns', async id => {
    const { code, out, err } = await layergym(['check-agent', id, '--json'])
    expect(err).toBe('')
    expect(code).toBe(0)
    const { agent, ok, findings } = JSON.parse(out)
    expect({ agent, ok }).toEqual({ agent: id, ok: true })
    const warnings = findings.map((finding: { code: string }) => finding.code)
    expect(warnings).toEqual(id === 'random' ? ['act.greedy-random', 'learn.nothing'] : [])
  })

  test("someone else's agent, in words", async () => {
    const { code, out } = await layergym(['check-agent', 'linear', '--plugin', plugin, '--no-learning'])
    expect(out).toBe('linear keeps the contract of Agent\n')
    expect(code).toBe(0)
  })

  test('errors exit with 2 and the list', async () => {
    const { code, out, err } = await layergym(['check-agent', 'stubborn', '--plugin', plugin])
    expect(code).toBe(2)
    expect(out).toMatch(/^error action\.masked: .* forbids.*\nstubborn breaks the contract of Agent\n$/s)
    expect(err).toBe('error: stubborn breaks the contract in 1 ways\n')
  })

  test("in an environment's spaces, with settings", async () => {
    const settings = ['--agent-config', '{"total-steps":5000,"num-steps":64}', '--no-learning', '--seed', '4']
    const { code, out } = await layergym(['check-agent', 'ppo', '--env', 'Pendulum-v1', ...settings])
    expect(out).toBe('ppo keeps the contract of Agent\n')
    expect(code).toBe(0)
  })

  test.each([
    ['an unknown agent', ['linaer'], /unknown agent 'linaer': did you mean 'linear'/],
    [
      'a setting misspelt',
      ['ppo', '--agent-config', '{"lamda":1}'],
      /no setting 'lamda': did you mean 'lambda'/,
    ],
    ['settings that are no object', ['ppo', '--agent-config=[1]'], /takes an object/],
    ['spaces that it refuses', ['dqn', '--env', 'Pendulum-v1'], /'dqn' can't act in Pendulum-v1: it values/],
    [
      'steps that are none',
      ['ppo', '--learning-steps', '0'],
      /--learning-steps takes an integer >= 1, not 0/,
    ],
    [
      'a time that is none',
      ['ppo', '--timeout', 'soon'],
      /--timeout takes a number of seconds > 0, not soon/,
    ],
  ])('%s: exit 2', async (_name, argv, message) => {
    const { code, out, err } = await layergym(['check-agent', ...argv, '--plugin', plugin])
    expect(err).toMatch(message)
    expect(code).toBe(2)
    expect(out).toBe('')
  })
})

describe('environments of plugins', () => {
  test('are listed, checked and traced by their ids', async () => {
    const list = await layergym(['list', 'envs', '--plugin', plugin, '--json'])
    expect(JSON.parse(list.out).envs).toContainEqual({ id: 'theirs/Arms-v1', description: 'arms of theirs' })
    const check = await layergym(['check-env', 'theirs/Arms-v1', '--plugin', plugin, '--json'])
    expect(JSON.parse(check.out)).toEqual({ env: 'theirs/Arms-v1', ok: true, findings: [] })
    const trace = await layergym([
      'trace',
      '--env',
      'theirs/Arms',
      '--actions',
      '[4]',
      '--plugin',
      plugin,
      '--json',
    ])
    expect(JSON.parse(trace.out)).toMatchObject({ observation: 0, terminated: true })
  })

  const arms = { ...exactEnvs['Bandit-v0'] }
  const mine = (id: string, name = 'mine', definition = arms) =>
    definePlugin({ name, envs: { [id]: definition } })

  test('are made by makeEnv; the same plugin in another container is no clash', () => {
    const container = buildContainer([mine('mine/Arms-v0')])
    expect(container.all('envs').map(([id]) => id)).toContain('mine/Arms-v0')
    expect(makeEnv('mine/Arms-v0').spec).toEqual({ id: 'mine/Arms-v0', rewardThreshold: 0.9 })
    buildContainer([mine('mine/Arms-v0')])
  })

  test.each([
    ['one that ships', [mine('CartPole-v1')], /env 'CartPole-v1' is registered by 'layergym' and by 'mine'/],
    [
      'two at once',
      [mine('Two-v0'), mine('Two-v0', 'other')],
      /'Two-v0' is registered by 'mine' and by 'other'/,
    ],
    ['no version', [mine('Arms')], /'Arms' is no environment id: write Name-vN or namespace\/Name-vN/],
  ])('%s: refused', (_name, plugins, message) => expect(() => buildContainer(plugins)).toThrow(message))

  test('what another container or a call registered is refused, with its owner', () => {
    buildContainer([mine('Later-v0')])
    const other = { ...arms, description: 'others' }
    expect(() => buildContainer([mine('Later-v0', 'other', other)])).toThrow(/by 'mine' and by 'other'/)
    registerEnv('Called-v0', arms)
    expect(() => buildContainer([mine('Called-v0', 'other', other)])).toThrow(
      /by 'a call of registerEnv' and by 'other'/,
    )
    expect(() => buildContainer([], { envs: { 'Called-v0': other } })).toThrow(/and by 'overrides'/)
  })

  test('a definition without its parts is refused', () => {
    const without = { ...arms, make: undefined as never }
    expect(() => mine('Part-v0', 'mine', without)).toThrow(
      /envs\.Part-v0: 'make' must be a function, and it is missing/,
    )
  })
})
