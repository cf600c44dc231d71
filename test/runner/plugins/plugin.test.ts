import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logLoss } from '../../../src/envs/finetune/reward.ts'
import { builtinAgents } from '../../../src/runner/plugins/builtin-agents.ts'
import { definePlugin, loadPlugin, type Plugin } from '../../../src/runner/plugins/plugin.ts'

describe('definePlugin', () => {
  test('returns a sound plugin as it is', () => {
    const plugin = { name: 'mine', rewards: { 'log-loss-2': logLoss } }
    expect(definePlugin(plugin)).toBe(plugin)
  })

  test.each<[string, Plugin, RegExp]>([
    ['a misspelt kind', { agent: {} } as Plugin, /plugin key 'agent': did you mean 'agents'/],
    ['an id in capitals', { rewards: { LogLoss: logLoss } }, /'LogLoss' is not kebab-case/],
    ['an agent without a factory', { agents: { mine: {} as never } }, /agents\.mine: 'description' must be/],
    [
      'a reward that is no function',
      { rewards: { mine: { description: 'x', reward: 3 as never } } },
      /rewards\.mine: 'reward' must be a function, and it is number/,
    ],
  ])('refuses %s', (_name, plugin, message) => expect(() => definePlugin(plugin)).toThrow(message))

  test('the agents that ship pass it', () => {
    expect(Object.keys(definePlugin(builtinAgents).agents ?? {})).toEqual([
      'dqn',
      'ppo',
      'recurrent-ppo',
      'reinforce',
      'sac',
      'random',
      'random-search',
      'grid-search',
      'tpe',
      'cem',
    ])
  })
})

describe('loadPlugin', () => {
  let folder = ''
  const reward = "{ description: 'x', reward: () => 1 }"

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'layergym-plugin-'))
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
    write('named.mjs', `export const plugin = { rewards: { one: ${reward} } }`)
    write('default.mjs', `export default { name: 'theirs', rewards: { two: ${reward} } }`)
    write('none.mjs', 'export const answer = 42')
    write('broken.mjs', "throw new Error('on purpose')")
    write('package.json', '{}')
    const installed = join(folder, 'node_modules', 'their-package')
    mkdirSync(installed, { recursive: true })
    writeFileSync(join(installed, 'package.json'), '{ "name": "their-package", "main": "main.mjs" }')
    writeFileSync(join(installed, 'main.mjs'), `export const plugin = { rewards: { three: ${reward} } }`)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test.each([
    ['./named.mjs', 'one', './named.mjs'],
    ['default.mjs', 'two', 'theirs'],
    ['their-package', 'three', 'their-package'],
  ])('%s', async (specifier, id, name) => {
    const plugin = await loadPlugin(specifier, { from: folder })
    expect(Object.keys(plugin.rewards ?? {})).toEqual([id])
    expect(plugin.name).toBe(name)
  })

  test.each([
    ['./missing.mjs', /'\.\/missing\.mjs' not found: no file .*missing\.mjs$/],
    ['missing-package', /no package 'missing-package'/],
    ['./none.mjs', /exports no plugin: write/],
    ['./broken.mjs', /fails to load: on purpose/],
  ])('%s is refused', async (specifier, message) => {
    await expect(loadPlugin(specifier, { from: folder })).rejects.toThrow(message)
  })
})
