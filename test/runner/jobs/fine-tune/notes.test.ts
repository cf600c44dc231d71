import { expect, test } from 'vitest'
import { notesOnResults } from '../../../../src/runner/jobs/fine-tune/notes.ts'
import type { Behaviour } from '../../../../src/runner/jobs/fine-tune/summary.ts'
import { fixtureSchedule } from '../../../fixtures/summary.ts'

const ROW = { step: 1, flops: 1, trainLoss: 1, score: 0.5, rewardLoss: 1, rewardPrimary: 0.5 }
const policy = fixtureSchedule({ curves: [[ROW, ROW]] })
const reads: Behaviour = { words: 'the head at 1e-3', readsStates: true }

test('nothing where all went as planned', () => {
  expect(notesOnResults({ policy, baselines: { lpFt: fixtureSchedule() }, behaviour: reads })).toEqual([])
})

test('a policy that chose the same in every state has not learned to read them', () => {
  const behaviour = { ...reads, readsStates: false }
  expect(notesOnResults({ policy, baselines: {}, behaviour })).toEqual([
    "The learned policy chose the same actions in every state of its last runs: it hasn't learned to read states.",
  ])
  // A single decision is the same as itself.
  const once = fixtureSchedule({ curves: [[ROW]] })
  expect(notesOnResults({ policy: once, baselines: {}, behaviour })).toEqual([])
})

test('caveats of baselines and of the policy, with what would find out; from scratch nothing is expected', () => {
  const dead = { kind: 'collapsed', text: 'no final run got beyond guessing' } as const
  const rising = { kind: 'rising', text: 'not converged', remedy: '--budget-steps 72' } as const
  const baselines = {
    fullFineTune: fixtureSchedule({ caveats: [rising] }),
    fromScratch: fixtureSchedule({ caveats: [dead] }),
  }
  const notes = notesOnResults({ policy: { ...policy, caveats: [dead] }, baselines, behaviour: reads })
  expect(notes).toEqual([
    'The learned policy: no final run got beyond guessing.',
    'Full fine-tuning: not converged (to find out: --budget-steps 72).',
  ])
})
