import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { StandIn } from './stand-in.ts'

/** Notes how it was called, in the folder that it runs in. */
const NPM = "fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n')"

let machine: StandIn
beforeEach(() => {
  machine = new StandIn()
})
afterEach(() => machine.remove())

describe('set-up of the dependencies', () => {
  const lock = (version: string): string =>
    JSON.stringify({
      packages: {
        '': {},
        'node_modules/a': { version },
        'node_modules/b': { version: '1.0.0', optional: true },
      },
    })

  beforeEach(() => {
    mkdirSync(join(machine.folder, 'src'))
    machine.write('package-lock.json', lock('1.0.0'))
    machine.write('node_modules/a/package.json', '{}')
    machine.install({ npm: NPM })
  })
  const calls = (): string[] =>
    existsSync(join(machine.folder, 'npm-calls'))
      ? readFileSync(join(machine.folder, 'npm-calls'), 'utf8').trim().split('\n')
      : []

  test('what npm has laid down as the lock file says is left alone', async () => {
    machine.write(
      'node_modules/.package-lock.json',
      JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
    )
    await machine.setUp()
    expect(calls()).toEqual([])
  })

  test('missing or stale, npm ci runs, once', async () => {
    machine.write('node_modules/.package-lock.json', lock('0.9.0'))
    await machine.setUp()
    await machine.setUp()
    expect(calls()).toHaveLength(1)
    expect(calls()[0]).toMatch(/^ci /)
    machine.write('package-lock.json', lock('2.0.0'))
    await machine.setUp()
    expect(calls()).toHaveLength(2)
  })

  test('npm that fails ends the set-up with its words and exit 1', async () => {
    machine.install({ npm: "console.error('E404 nothing there'); process.exit(1)" })
    const { code, lines } = await machine.setUp()
    expect(code).toBe(1)
    expect(lines.join('\n')).toContain('E404 nothing there')
  })
})
