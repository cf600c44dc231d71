import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { workspace } from '../support/e2e.ts'
import { answerOf, byTwo, expectWhole, killed, smallRuns, told } from '../support/kills.ts'

const KILLS = 50
const PAIRS = 10
const folder = workspace()

describe.each(Object.entries(smallRuns(folder, true)))('%s', { timeout: 3_600_000 }, (kind, argv) => {
  const whole = join(folder, `${kind}-whole`)
  let hash = ''

  test(`killed ${KILLS} times at random has the same hash at each end, and no broken folder`, async () => {
    hash = (await answerOf([...argv, '--out', whole])).hash
    for (let kills = 0, i = 0; kills < KILLS; i++) {
      const dir = join(folder, `${kind}-${i}`)
      kills += await killed(argv, dir, 10)
      expect((await answerOf(['resume', dir, '--json'])).hash).toBe(hash)
      expectWhole(dir)
      expect(told(dir)).toEqual(told(whole))
    }
  })

  test(`two processes on one folder, ${PAIRS} times from its start and ${PAIRS} times after a kill: nothing doubled`, async () => {
    for (let i = 0; i < 2 * PAIRS; i++) {
      const dir = join(folder, `${kind}-two-${i}`)
      const words = [...argv, '--out', dir]
      if (i >= PAIRS) await killed(argv, dir, 1)
      expect(await byTwo(i < PAIRS ? words : ['resume', dir, '--json'])).toBe(hash)
      expectWhole(dir)
      expect(told(dir)).toEqual(told(whole))
    }
  })
})
