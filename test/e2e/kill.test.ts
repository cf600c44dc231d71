import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { eventsOf, start, timeless, workspace } from '../support/e2e.ts'
import { answerOf, expectWhole, killed, smallRuns } from '../support/kills.ts'

const folder = workspace()
const kinds = Object.entries(smallRuns(folder))

describe.each(kinds)('%s', { timeout: 300_000 }, (kind, argv) => {
  test('has a hash and its kind, and killed at random moments it ends with the same', async () => {
    const [whole, dir] = [join(folder, `${kind}-whole`), join(folder, `${kind}-killed`)]
    const { hash } = await answerOf([...argv, '--out', whole])
    expect(hash).toMatch(/^[\da-f]{64}$/)
    expect(JSON.parse(readFileSync(join(whole, 'config.json'), 'utf8')).kind).toBe(kind)
    const run = JSON.parse(readFileSync(join(whole, 'run.json'), 'utf8'))
    expect(run).toMatchObject({ engine: expect.any(String), versions: { layergym: expect.any(String) } })
    await killed(argv, dir, 3)
    expect(existsSync(join(dir, 'config.json'))).toBe(true)
    expect((await answerOf(['resume', dir, '--json'])).hash).toBe(hash)
    expectWhole(dir)
    // Resolved is resolved: that configuration alone makes the same run.
    const again = [
      kind,
      '--config',
      join(whole, 'config.json'),
      '--out',
      join(folder, `${kind}-again`),
      '--json',
    ]
    expect((await answerOf(again)).hash).toBe(hash)
    if (kind !== 'benchmark') expect(timeless(eventsOf(dir))).toEqual(timeless(eventsOf(whole)))
  })

  test('two processes on one folder: one works, the other is refused, and nothing is done twice', async () => {
    const dir = join(folder, `${kind}-twice`)
    await killed(argv, dir, 1)
    const both = [start(['resume', dir, '--json']), start(['resume', dir, '--json'])]
    const ends = await Promise.all(both.map(({ finished }) => finished))
    const codes = ends.map(({ code }) => code).sort()
    // The later one may find it done.
    expect([
      [0, 0],
      [0, 2],
    ]).toContainEqual(codes)
    for (const { code, err } of ends) if (code === 2) expect(err).toMatch(/process \d+ on .* works on/)
    const [{ out }] = ends.filter(({ code }) => code === 0)
    expect(JSON.parse(out).hash).toBe(
      JSON.parse(readFileSync(join(folder, `${kind}-whole`, 'summary.json'), 'utf8')).hash,
    )
    expectWhole(dir)
  })
})

test('SIGTERM is as Ctrl-C, with its own exit code, and says how to go on', {
  timeout: 120_000,
}, async () => {
  const dir = join(folder, 'terminated')
  const { child, finished } = start([...Object.fromEntries(kinds).train, '--out', dir])
  while (child.exitCode === null && !existsSync(join(dir, 'checkpoints', 'checkpoint-000001.json')))
    await pause(5)
  child.kill('SIGTERM')
  const { code, err } = await finished
  expect(code).toBe(143)
  expect(err).toContain(`to go on: layergym resume ${dir}`)
})
