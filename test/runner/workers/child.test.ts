import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Child } from '../../../src/runner/workers/child.ts'
import { productOf, textOf, VERSION, type Work } from '../../../src/runner/workers/parts.ts'

const SLOW = fileURLToPath(new URL('../../support/slow-unit-process.ts', import.meta.url))

test('a process that is told to stop while it composes gives the unit back, and does the next', async () => {
  const config = { seed: 1, units: 1, milliseconds: 0, groups: 1 }
  const work = textOf({
    version: VERSION,
    arithmetic: 'fused',
    kind: 'toy-units',
    config,
    key: '0/0',
  } satisfies Work)
  const child = new Child(SLOW, 1, 1)
  try {
    const first = child.perform(work, () => undefined)
    child.stop()
    expect(productOf(await first).trouble).toMatchObject({ kind: 'interrupted' })
    const second = productOf(await child.perform(work, () => undefined))
    expect(second).toMatchObject({ outcome: { value: expect.any(Number) } })
    expect(second.trouble).toBeUndefined()
  } finally {
    await child.close()
  }
})
