import { join } from 'node:path'
import { expect, test } from 'vitest'
import { workspace } from '../support/e2e.ts'
import { answerOf, expectWhole, killed, smallRuns } from '../support/kills.ts'

const KILLS = 50
const folder = workspace()

test.each(Object.entries(smallRuns(folder)))(
  `%s killed ${KILLS} times at random has the same hash at each end, and no broken folder`,
  { timeout: 3_600_000 },
  async (kind, argv) => {
    const { hash } = await answerOf([...argv, '--out', join(folder, `${kind}-whole`)])
    for (let kills = 0, i = 0; kills < KILLS; i++) {
      const dir = join(folder, `${kind}-${i}`)
      kills += await killed(argv, dir, 10)
      expect((await answerOf(['resume', dir, '--json'])).hash).toBe(hash)
      expectWhole(dir)
    }
  },
)
