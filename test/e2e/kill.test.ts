import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { start, workspace } from '../support/e2e.ts'
import { answerOf, byTwo, expectWhole, killed, smallRuns, toldInOrder } from '../support/kills.ts'
import { unlisted } from '../support/run-folder-page.ts'

const folder = workspace()

function filesBelow(dir: string): readonly string[] {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(({ parentPath, name }) => relative(dir, join(parentPath, name)))
}

const kinds = Object.entries(smallRuns(folder))
/** Fine-tuning is killed in hash.test.ts, and every kind fifty times in kill.long.test.ts. */
const KILLED = ['study', 'train']

describe.each(kinds)('%s', { timeout: 300_000 }, (kind, argv) => {
  const whole = join(folder, `${kind}-whole`)
  let hash = ''

  test('has its kind, a hash and what it comes from; its configuration alone makes the same run again', async () => {
    hash = (await answerOf([...argv, '--out', whole])).hash
    expect(hash).toMatch(/^[\da-f]{64}$/)
    expect(JSON.parse(readFileSync(join(whole, 'summary.json'), 'utf8')).hash).toBe(hash)
    const config = join(whole, 'config.json')
    expect(JSON.parse(readFileSync(config, 'utf8')).kind).toBe(kind)
    const run = JSON.parse(readFileSync(join(whole, 'run.json'), 'utf8'))
    expect(run).toMatchObject({ engine: expect.any(String), versions: { layergym: expect.any(String) } })
    expect(unlisted(filesBelow(whole))).toEqual([])
    const again = await answerOf([kind, '--config', config, '--out', join(folder, `${kind}-again`), '--json'])
    expect(again.hash).toBe(hash)
  })

  test.runIf(KILLED.includes(kind))(
    'killed at a random moment and resumed by two processes: one works, and the end is the same',
    async () => {
      const dir = join(folder, `${kind}-killed`)
      await killed(argv, dir, 1, 500)
      expect(await byTwo(['resume', dir, '--json'])).toBe(hash)
      expectWhole(dir)
      expect(toldInOrder(dir)).toEqual(toldInOrder(whole))
    },
  )
})

test.each([
  ['SIGTERM', 143],
  ['SIGUSR1', 138],
] as const)(
  '%s is as Ctrl-C, with its own exit code, and says how to go on',
  {
    timeout: 120_000,
  },
  async (signal, exit) => {
    const dir = join(folder, signal)
    const { child, finished } = start([...Object.fromEntries(kinds).train, '--out', dir])
    while (child.exitCode === null && !existsSync(join(dir, 'checkpoints', 'checkpoint-000001.json')))
      await pause(5)
    child.kill(signal)
    const { code, err } = await finished
    expect(code).toBe(exit)
    expect(err).toContain(`to go on: layergym resume ${dir}`)
  },
)
