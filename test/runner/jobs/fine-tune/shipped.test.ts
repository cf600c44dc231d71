import { expect, test } from 'vitest'
import { readShipped } from '../../../../src/runner/jobs/fine-tune/shipped.ts'

test('what an earlier version wrote of the model that ships lacks nothing', () => {
  const score = { primary: 0.5, loss: 1, parts: {} } as never
  const earlier = { test: score, mistakes: [] }
  expect(readShipped(earlier)).toEqual({ test: score, mistakes: [], examples: [], details: [] })
  const details = [{ kind: 'counts', title: 'a', text: '', rows: [], columns: [], counts: [] }] as never
  expect(readShipped({ ...earlier, details }).details).toBe(details)
})
