import { describe, expect, test } from 'vitest'
import type { Io } from '../../../../src/cli/command.ts'
import { runProgress } from '../../../../src/cli/progress.ts'
import { endingOf } from '../../../../src/runner/jobs/fine-tune/ending.ts'
import { fineTuneWords } from '../../../../src/runner/jobs/fine-tune/words.ts'
import type { RunEvent } from '../../../../src/runner/runs/events.ts'
import { fixtureSummary } from '../../../fixtures/summary.ts'

describe('a run’s end', () => {
  const summary = fixtureSummary()

  test('its last three lines: what one has, what it cost, what to do next', () => {
    const { have, cost, next, command } = endingOf(summary)
    expect(fineTuneWords(summary).split('\n').slice(-3)).toEqual([
      `You have: ${have}`,
      `It cost:  ${cost}`,
      `Next:     ${next} ${command}`,
    ])
  })

  test('paths from where one is, the table by what counts, what is solved without seeds, caveats marked', () => {
    const { linearProbe, fullFineTune } = summary.baselines
    const rising = { kind: 'rising', text: 'not converged' } as const
    const words = fineTuneWords({
      ...fixtureSummary({ balanced: true }),
      model: `${process.cwd()}/runs/a/model`,
      runDir: `${process.cwd()}/runs/a`,
      baselines: {
        linearProbe: { ...linearProbe, solved: true },
        fullFineTune: { ...fullFineTune, caveats: [rising] },
      },
      notes: ['something to know'],
    })
    expect(words).toContain(', in runs/a/model\n')
    expect(words).toContain('report: runs/a/report.html')
    expect(words).toContain('note: something to know')
    const rows = words.split('\n').map(line => line.split('│').map(cell => cell.trim()))
    expect(rows[1][2]).toBe('balanced accuracy')
    const row = (name: string) => rows.find(cells => cells[1] === name) ?? []
    expect(row('linear probe')[3]).toBe('solved, no seed')
    expect(row('full fine-tuning *')[3]).toMatch(/^\d+\.\d %–\d+\.\d %$/)
    expect(words).toContain('* has a caveat')
    expect(fineTuneWords(summary)).not.toContain('* has')
  })
})

describe('progress in lines', () => {
  const run = {
    type: 'run',
    score: 0.5194,
    rewardLoss: 1,
    rewardPrimary: 0.5625,
    flops: 1,
    seconds: 2.94,
  } as const
  test.each<[RunEvent, string]>([
    [
      { type: 'saved', from: 'lpFt', score: 0.5625 },
      'saved: the model of LP-FT, the best so far (score 0.563)',
    ],
    [
      { type: 'saved', from: 'policy', score: 0.5 },
      'saved: the model of the learned policy, the best so far (score 0.500)',
    ],
    [
      { ...run, key: 'search/fullFineTune/3.3e-5/3.3e-4/1/2' },
      'full fine-tuning, rate 3.3e-5, seed 2: score 0.519 on the reward split, what counts 56.3 %, 2.9 s',
    ],
    [
      { ...run, key: 'search/headOnly/0.0e+0/1.0e-3/2/1' },
      'head alone, head at 1.0e-3, twice the budget, seed 1: score 0.519 on the reward split, what counts 56.3 %, 2.9 s',
    ],
    [
      { ...run, key: 'search/linearProbe/0.0e+0/1.0e-3/1/1' },
      'linear probe: score 0.519 on the reward split, what counts 56.3 %, 2.9 s',
    ],
    [
      { ...run, key: 'policy/3' },
      'the learned policy, seed 3: score 0.519 on the reward split, what counts 56.3 %, 2.9 s',
    ],
    [
      { ...run, key: 'lpFt x2/4' },
      'LP-FT, twice the budget, seed 4: score 0.519 on the reward split, what counts 56.3 %, 2.9 s',
    ],
  ])('%j', async (event, line) => {
    const told: string[] = []
    const stderr = (text: string) => void told.push(text)
    const signal = new AbortController().signal
    const io: Io = { interactive: false, stderr, stdout: () => undefined, signal, now: () => 0 }
    const { onEvent } = await runProgress(io)
    onEvent(event)
    expect(told).toEqual([`${line}\n`])
  })
})
