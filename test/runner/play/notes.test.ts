import { describe, expect, test } from 'vitest'
import type { LearningState } from '../../../src/runner/play/learn.ts'
import { notesOnLearning } from '../../../src/runner/play/notes.ts'

/** So many episodes, of which these failed; updates by agent. */
function learning(
  episodes: number,
  failed: readonly number[],
  updates: Record<string, number> = { shared: 1 },
) {
  const records = Array.from({ length: episodes }, (_, index) => ({
    summary: { index, ...(failed.includes(index) && { failure: `reason ${index}` }) },
  }))
  return { episodes: records, updates } as unknown as LearningState
}

describe('notes on learning', () => {
  test('nothing where all went as planned', () => {
    expect(notesOnLearning(learning(6, []), 6, 4)).toEqual([])
  })

  test('name up to three episodes that failed', () => {
    expect(notesOnLearning(learning(6, [1, 4, 5]), 6, 4)).toEqual([
      '3 of 6 episodes failed twice and taught nothing: episode 2 (reason 1), episode 5 (reason 4), episode 6 (reason 5).',
    ])
    expect(notesOnLearning(learning(6, [0, 1, 2, 3, 4]), 6, 4)).toEqual([
      '5 of 6 episodes failed twice and taught nothing: episode 1 (reason 0), episode 2 (reason 1), episode 3 (reason 2) and 2 more.',
    ])
  })

  test('say who learned nothing, and why', () => {
    const updates = { head: 0, body: 2 }
    expect(notesOnLearning(learning(3, [], updates), 3, 4)).toEqual([
      "Agent 'head' got no update: one takes 4 episodes, and the run had 3.",
    ])
    expect(notesOnLearning(learning(4, [], updates), 4, 4)).toEqual([
      "Agent 'head' got no update: none of its episodes succeeded.",
    ])
  })
})
