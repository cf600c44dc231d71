import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failure, inputError, interrupted } from '../../../src/common/error.ts'
import type { Made } from '../../../src/runner/runs/crew.ts'
import { begin } from '../../../src/runner/runs/drive.ts'
import { Partly, type Running, type Unit } from '../../../src/runner/runs/job.ts'
import { type Toy, toyHooks, toyJob } from '../../support/toy-job.ts'

const fresh = async () => join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'run')

/** A unit that comes to a number; what a test says of it besides. */
function unit(key: string, more: Partial<Unit<number>> = {}): Unit<number> {
  return { key, digest: outcome => `${key} ${outcome}`, run: async () => 7, ...more }
}

interface Hired {
  readonly size: number
  readonly made: (key: string) => Promise<Made>
}

/** A run whose work is the test's; what it told, and whether its crew and its plan were closed. */
async function worked(
  work: (run: Running) => Promise<unknown>,
  { hired, ...toy }: Toy & { hired?: Hired } = {},
) {
  const dir = await fresh()
  const closed: string[] = []
  const kind = toyJob(toy)
  const hooks = toyHooks()
  const conclusion = begin(
    {
      ...kind,
      ...(hired && { hands: async () => ({ unit: () => unit('never') }) }),
      async prepare(config, context) {
        const plan = await kind.prepare(config, context)
        return {
          ...plan,
          files: { 'table.json': '[1]' },
          work: async run => ((await work(run)) ?? []) as never,
          close: () => void closed.push('plan'),
        }
      },
    },
    { out: dir },
    {
      ...hooks,
      ...(hired && {
        hire: async () => ({
          size: hired.size,
          perform: async ({ key }, emit) => {
            emit({ type: 'notice', message: `${key} is done elsewhere` })
            return hired.made(key)
          },
          close: async () => void closed.push('crew'),
        }),
      }),
    },
  )
  const lines = () =>
    readFileSync(join(dir, 'events.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
  return { dir, conclusion, closed, hooks, lines }
}

describe('a unit of a run', () => {
  test('is done once, however often it is asked for; another time it is what it came to', async () => {
    let runs = 0
    const counted = unit('a/1', { run: async () => ++runs })
    const seen: unknown[] = []
    const { conclusion } = await worked(async run => {
      seen.push(await run.perform(counted), await run.perform(counted))
      expect(run.atOnce).toBe(1)
    })
    await conclusion
    expect(seen).toMatchObject([
      { key: 'a/1', outcome: 1, digest: 'a/1 1' },
      { key: 'a/1', outcome: 1, digest: 'a/1 1' },
    ])
  })

  test('one after the other, where several are asked for at once', async () => {
    let underWay = 0
    let most = 0
    const run = async () => {
      most = Math.max(most, ++underWay)
      await new Promise(resolve => setTimeout(resolve, 2))
      return --underWay
    }
    const { conclusion } = await worked(running =>
      Promise.all(['a', 'b', 'c'].map(key => running.perform(unit(key, { run })))),
    )
    await conclusion
    expect(most).toBe(1)
  })

  test('is used where the run is before it is kept: what is kept is what that left of it', async () => {
    const order: string[] = []
    const { conclusion, dir, lines } = await worked(async run => {
      const taken: Unit<number>['taken'] = async (outcome, emit) => {
        order.push(`${outcome} taken, ${readdirSync(join(dir, 'outcomes')).length} kept`)
        emit({ type: 'notice', message: 'taken' })
        return outcome + 1
      }
      await run.perform(unit('first'))
      const done = await run.perform(
        unit('a', { taken, ended: score => ({ type: 'saved', from: 'a', score }) }),
      )
      expect(done.outcome).toBe(8)
      expect(await run.gather(['a'])).toMatchObject([{ outcome: 8 }])
    })
    await conclusion
    expect(order).toEqual(['7 taken, 1 kept'])
    expect(lines().slice(-3)).toMatchObject([
      { type: 'notice', message: 'taken', unit: 'a' },
      { type: 'saved', score: 8, unit: 'a' },
      { type: 'done' },
    ])
  })

  test('that fails is neither used nor told as done, and its cause is the same for everybody', async () => {
    const taken = async () => {
      throw new Error('nothing to use')
    }
    const hashes: unknown[] = []
    for (const cause of ['out of beads', 'out of luck']) {
      const run = async () => {
        throw failure('toy', cause)
      }
      const { conclusion, lines } = await worked(running =>
        running
          .perform(unit('a', { run, taken, ended: () => ({ type: 'saved', from: 'a', score: 1 }) }), true)
          .then(done => {
            expect(done).toMatchObject({ key: 'a', failure: cause })
            return [done]
          }),
      )
      hashes.push((await conclusion).summary?.hash)
      expect(lines().at(-2)).toMatchObject({ type: 'failed', key: 'a', cause })
    }
    // The words of a failure may have a path in them.
    expect(hashes[0]).toBe(hashes[1])
  })

  test.each([
    ['where the run does not bear failures', failure('toy', 'out of beads'), false],
    ['by a mistake in the settings', inputError('toy', 'no such bead'), true],
    ['by the machine', Object.assign(new Error('disk full'), { syscall: 'write' }), true],
    ['by an interruption', interrupted(), true],
  ])('that fails %s ends the run, with those that were asked for with it', async (_, error, tolerant) => {
    const begun: string[] = []
    const { conclusion, closed } = await worked(run =>
      Promise.all(
        ['a', 'b'].map(key =>
          run.perform(
            unit(key, {
              run: async () => {
                begun.push(key)
                throw error
              },
            }),
            tolerant,
          ),
        ),
      ),
    )
    await expect(conclusion).rejects.toBe(error)
    expect(begun).toEqual(['a'])
    expect(closed).toEqual(['plan'])
  })

  test('that fails by an error of its own code is an outcome', async () => {
    const run = async () => {
      throw new TypeError('x is not a function')
    }
    const { conclusion } = await worked(async running => [await running.perform(unit('a', { run }), true)])
    expect((await conclusion).summary?.failed).toEqual([{ unit: 'a', cause: 'x is not a function' }])
  })
})

describe('a run under way', () => {
  test('says how many units are done where others are another process’s, and is not summed up', async () => {
    const { conclusion, dir } = await worked(async run => {
      await run.perform(unit('a'))
      return run.gather(['a', 'b', 'c'])
    })
    const { summary, partly } = await conclusion
    expect(summary).toBeUndefined()
    expect(partly).toEqual(new Partly(1, 3))
    expect(readdirSync(dir)).not.toContain('summary.json')
  })

  test('has the hash of its units, also of those that it only gathers', async () => {
    const hashes = []
    for (const gathers of [false, true]) {
      const { conclusion } = await worked(async run => {
        await run.perform(unit('a'))
        if (gathers) await run.gather(['a'])
      })
      hashes.push((await conclusion).summary?.hash)
    }
    expect(hashes[0]).toBe(hashes[1])
  })

  test('writes into its folder what its plan has and what its work makes, and says where', async () => {
    const paths: string[] = []
    const { conclusion, dir } = await worked(async run => {
      expect(readFileSync(join(dir, 'table.json'), 'utf8')).toBe('[1]')
      expect(run.dir).toBe(dir)
      paths.push(await run.write('results.csv', 'a,b\n'))
    })
    await conclusion
    expect(paths).toEqual([join(dir, 'results.csv')])
    expect(readFileSync(join(dir, 'results.csv'), 'utf8')).toBe('a,b\n')
  })
})

describe('units that a crew does', () => {
  const made = (outcome: number, more: Partial<Made> = {}): Made => {
    return { outcome, digest: `a ${outcome}`, records: [], ...more }
  }
  const elsewhere = {}

  test('are done there, those that only the run can do are done here, and both are kept', async () => {
    const records = [{ step: 1 }, { step: 2 }]
    const { conclusion, closed, lines } = await worked(
      async run => {
        expect(run.atOnce).toBe(3)
        const done = await run.perform(unit('a', { elsewhere }))
        expect(done).toMatchObject({ outcome: 12, records })
        expect(await run.perform(unit('here'))).toMatchObject({ outcome: 7 })
        expect(await run.gather(['a', 'here'])).toMatchObject([
          { outcome: 12, records },
          { outcome: 7, records: [] },
        ])
      },
      { hired: { size: 3, made: async () => made(12, { records }) } },
    )
    await conclusion
    expect(closed).toEqual(['crew', 'plan'])
    expect(lines()).toContainEqual(expect.objectContaining({ message: 'a is done elsewhere', unit: 'a' }))
  })

  test('are refused where what arrived is not what was sent', async () => {
    const { conclusion, closed } = await worked(run => run.perform(unit('a', { elsewhere })), {
      hired: { size: 1, made: async () => made(12, { digest: 'a 13' }) },
    })
    await expect(conclusion).rejects.toMatchObject({
      code: 'worker.garbled',
      message: "what 'a' came to is not what its worker sent",
    })
    expect(closed).toEqual(['crew', 'plan'])
  })

  test('are under way at once', async () => {
    let underWay = 0
    let most = 0
    const { conclusion } = await worked(
      run => Promise.all(['a', 'b'].map(key => run.perform(unit(key, { elsewhere })))),
      {
        hired: {
          size: 2,
          made: async key => {
            most = Math.max(most, ++underWay)
            await new Promise(resolve => setTimeout(resolve, 5))
            underWay--
            return made(1, { digest: `${key} 1` })
          },
        },
      },
    )
    await conclusion
    expect(most).toBe(2)
  })
})
