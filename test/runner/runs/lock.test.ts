import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { refuseBusy, takeFolder, workersOn } from '../../../src/runner/runs/lock.ts'

const folder = () => mkdtemp(join(tmpdir(), 'layergym-test-'))
const clock = () => Date.now()
const lock = (holder: object) =>
  JSON.stringify({ host: hostname(), since: new Date(0).toISOString(), ...holder })
const NAME = 'lock-0c9e5c1e-5f52-4f0c-9f0e-4a1d8a0e7a11.json'

describe('a folder is taken', () => {
  test('by one of several that want it at once, ten times over', async () => {
    for (let i = 0; i < 10; i++) {
      const dir = await folder()
      const taken = await Promise.allSettled(Array.from({ length: 4 }, () => takeFolder(dir, { clock })))
      const winners = taken.filter(({ status }) => status === 'fulfilled')
      expect(winners).toHaveLength(1)
      for (const each of taken) if (each.status === 'rejected') expect(each.reason.code).toBe('run.busy')
      for (const each of winners) if (each.status === 'fulfilled') await each.value()
      expect(await readdir(dir)).toEqual([])
    }
  })

  test('again when it was given back', async () => {
    const dir = await folder()
    const release = await takeFolder(dir, { clock })
    await expect(takeFolder(dir, { clock })).rejects.toThrow(`process ${process.pid} on ${hostname()}`)
    await release()
    await (await takeFolder(dir, { clock }))()
  })

  test('from a dead process of this host', async () => {
    const dir = await folder()
    const child = spawn(process.execPath, ['-e', ''])
    await once(child, 'exit')
    await writeFile(join(dir, NAME), lock({ pid: child.pid }))
    const release = await takeFolder(dir, { clock })
    expect(await readdir(dir)).not.toContain(NAME)
    await release()
  })

  test.runIf(process.platform === 'linux')('from one whose number another process has now', async () => {
    const dir = await folder()
    await writeFile(join(dir, NAME), lock({ pid: process.pid, born: '1' }))
    await (await takeFolder(dir, { clock }))()
  })

  test.each([
    ['text', 'lock'],
    ['no holder', '{"pid":"1","host":"a","since":"b"}'],
    ['a group of processes', lock({ pid: -1 })],
    ['no process', lock({ pid: 0 })],
    ['a part of a process', lock({ pid: 1.5 })],
    ['no host', lock({ pid: 1, host: 7 })],
    ['no time', lock({ pid: 1, since: 7 })],
    ['nothing', 'null'],
  ])('not where a lock says nobody’s name: %s', async (_, text) => {
    const dir = await folder()
    await writeFile(join(dir, NAME), text)
    await expect(takeFolder(dir, { clock })).rejects.toThrow(`${join(dir, NAME)} says nobody's name`)
    expect(await workersOn(dir)).toEqual([])
    expect(await readdir(dir)).toEqual([NAME])
  })

  test('a pipe under a lock’s name is not waited for', async () => {
    const dir = await folder()
    execFileSync('mkfifo', [join(dir, NAME)])
    await expect(takeFolder(dir, { clock })).rejects.toMatchObject({ code: 'run.lock' })
  })

  test('never from another host, of which nobody knows', async () => {
    const dir = await folder()
    await writeFile(join(dir, NAME), lock({ pid: 1, host: 'elsewhere' }))
    await expect(takeFolder(dir, { clock })).rejects.toThrow(`on elsewhere works on ${dir} since 1970`)
    await expect(takeFolder(dir, { clock })).rejects.toThrow(`if it is dead, delete ${join(dir, NAME)}`)
  })

  test('by the one that came first, whatever their names', async () => {
    const dir = await folder()
    const first = NAME.replace('0c', 'ff')
    await writeFile(join(dir, first), lock({ pid: 1, host: 'elsewhere' }))
    await writeFile(join(dir, NAME), lock({ pid: 2, host: 'elsewhere', since: new Date(1).toISOString() }))
    await expect(takeFolder(dir, { clock })).rejects.toThrow(/process 1 on elsewhere/)
    // Whoever came before both waits for them to step back, and then names the first of them.
    await expect(takeFolder(dir, { clock: () => -1 })).rejects.toThrow(/process 1 on elsewhere/)
    expect((await readdir(dir)).sort()).toEqual([NAME, first])
    const early = takeFolder(dir, { clock: () => -1 })
    for (const name of [NAME, first]) await rm(join(dir, name))
    await (await early)()
  })

  test('and tells those who look who has it, on which part', async () => {
    const dir = await folder()
    expect(await workersOn(join(dir, 'nowhere'))).toEqual([])
    const release = await takeFolder(dir, { clock: () => 0, part: '1/2' })
    // One that is being written is empty yet.
    await writeFile(join(dir, NAME), '')
    await writeFile(join(dir, 'lock-of-mine.json'), 'no lock')
    expect(await workersOn(dir)).toMatchObject([
      { pid: process.pid, host: hostname(), since: '1970-01-01T00:00:00.000Z', part: '1/2' },
    ])
    await expect(refuseBusy(dir)).rejects.toThrow(', on part 1/2: wait for its end, or stop it')
    await expect(refuseBusy(dir)).rejects.not.toThrow('if it is dead')
    await release()
    await refuseBusy(dir)
  })

  test('by parts of one division together, not by one part twice, nor by a part beside the whole', async () => {
    const dir = await folder()
    const half = await takeFolder(dir, { clock, part: '1/2' })
    const other = await takeFolder(dir, { clock, part: '2/2' })
    for (const part of ['1/2', '1/3', undefined])
      await expect(takeFolder(dir, { clock, part })).rejects.toMatchObject({ code: 'run.busy' })
    await half()
    await other()
    const whole = await takeFolder(dir, { clock })
    await expect(takeFolder(dir, { clock, part: '1/2' })).rejects.toMatchObject({ code: 'run.busy' })
    await whole()
  })
})
