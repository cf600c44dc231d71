import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ThirdParty, thirdParty } from './third-party.ts'

const LIMIT = 240_000
const PLUGIN = 'layergym-sarsa'
let own: ThirdParty

/** examples/agent-plugin as its readers have it: layergym is a packed tarball in node_modules, the plugin another. */
describe('a package of a third party', () => {
  beforeAll(() => {
    own = thirdParty('agent-plugin', PLUGIN)
  }, LIMIT)

  afterAll(() => own?.remove())

  test('its own tests pass: the contracts, and that its agent learns', { timeout: LIMIT }, () => {
    own.test()
  })

  test('its agent and environment are listed', () => {
    const { agents } = JSON.parse(own.layergym('list', 'agents', '--plugin', PLUGIN, '--json').out)
    expect(agents.map(({ id }: { id: string }) => id)).toContain('sarsa')
    const { envs } = JSON.parse(own.layergym('list', 'envs', '--plugin', PLUGIN, '--json').out)
    expect(envs.map(({ id }: { id: string }) => id)).toContain('sarsa/WindyGridworld-v0')
  })

  test('a plugin may be a file of TypeScript, for workers too', { timeout: LIMIT }, () => {
    const source = `import { plugin as own } from '${PLUGIN}'
const ids: readonly string[] = Object.keys(own.agents ?? {})
export const plugin = { agents: Object.fromEntries(ids.map(id => [\`my-\${id}\`, own.agents?.[id]])), envs: own.envs }
`
    writeFileSync(join(own.project, 'mine.ts'), source)
    const words = [
      '--agents',
      'my-sarsa',
      '--env',
      'sarsa/WindyGridworld-v0',
      '--steps',
      '2000',
      '--seeds',
      '2',
    ]
    const out = join(own.project, 'workers')
    const many = ['benchmark', '--plugin', 'mine.ts', ...words, '--workers', '2', '--out', out, '--json']
    const { out: text, err } = own.layergym(...many)
    expect(err).not.toContain('error')
    expect(JSON.parse(text).hash).toMatch(/^[\da-f]{64}$/)
  })

  test('check-agent and check-env find nothing', { timeout: LIMIT }, () => {
    const agent = own.layergym('check-agent', 'sarsa', '--plugin', PLUGIN, '--json')
    expect(JSON.parse(agent.out)).toEqual({ agent: 'sarsa', ok: true, findings: [] })
    const env = own.layergym('check-env', 'sarsa/WindyGridworld-v0', '--plugin', PLUGIN, '--json')
    expect(JSON.parse(env.out).findings.map(({ code }: { code: string }) => code)).toEqual(['seed.ignored'])
  })

  test('it learns the shortest way, and its policy is evaluated', { timeout: LIMIT }, () => {
    const out = join(own.project, 'windy')
    const run = own.layergym(...train('--steps', '30000', '--eval-episodes', '5', '--out', out, '--json'))
    expect(run.err).not.toContain('error')
    expect(JSON.parse(run.out)).toMatchObject({ agent: 'sarsa', env: 'sarsa/WindyGridworld-v0' })
    expect(JSON.parse(run.out).evaluation.meanReturn).toBeGreaterThanOrEqual(-20)
    const again = own.layergym('evaluate', '--policy', join(out, 'policy.json'), '--episodes', '5', '--json')
    expect(JSON.parse(again.out).meanReturn).toBe(JSON.parse(run.out).evaluation.meanReturn)
  })

  test.each([
    [
      'a setting misspelt',
      ['--agent-config', '{"lamda":1}'],
      /no setting 'lamda': did you mean 'lambda'.*learningRate/,
    ],
    ['a value out of range', ['--agent-config', '{"lambda":2}'], /'sarsa': 'lambda' can't be 2: .*<=1/],
    [
      'spaces that it refuses',
      ['--env', 'Pendulum-v1'],
      /'sarsa' can't act here: it values each.*"kind":"box"/,
    ],
    [
      'an option of its environment',
      ['--env-options', '{"wnid":1}'],
      /no option 'wnid': did you mean 'wind'/,
    ],
  ])('%s: refused before anything runs', (_name, flags, message) => {
    const out = join(own.project, 'refused')
    const { status, err } = own.layergym(...train('--out', out, ...flags))
    expect(err).toMatch(message)
    expect(status).toBe(2)
    expect(readdirSync(own.project)).not.toContain('refused')
  })
})

function train(...flags: readonly string[]): string[] {
  return ['train', '--plugin', PLUGIN, '--agent', 'sarsa', '--env', 'sarsa/WindyGridworld-v0', ...flags]
}
