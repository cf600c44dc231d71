import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EpisodeSummary, RoundSummary } from '../../src/runner/play/summary.ts'
import type { RunEvent } from '../../src/runner/runs/events.ts'

/** A run's folder as it is while nobody works on it. */
export function makeRun(dir: string, kind: string): string {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'config.json'), JSON.stringify({ kind, overwrite: false }))
  return dir
}

/** A line of a log; a second after the line before it. */
export function lineOf(seq: number, event: RunEvent, unit?: string): string {
  const time = new Date(1000 * seq).toISOString()
  return `${JSON.stringify({ seq, time, ...(unit !== undefined && { unit }), ...event })}\n`
}

/** Appends events to a run's log, the first as number `from`. */
export function tell(dir: string, events: readonly RunEvent[], from = 1): void {
  appendFileSync(join(dir, 'events.jsonl'), events.map((event, i) => lineOf(from + i, event)).join(''))
}

/** An episode of two groups: the first frozen in its first round. */
export function episode(index: number, changes: Partial<EpisodeSummary> = {}): RunEvent {
  return {
    type: 'episode',
    episode: {
      ...{ index, kind: 'learning', return: index / 10, returnNoise: 0.05, flops: 1e9, seconds: 2, steps: 8 },
      ...{ diverged: false, score: 0.5 + index / 1000, rewardLoss: 1 - index / 1000, rewardPrimary: 0.5 },
      rounds: [round(4, [0, 1e-3]), round(8, [1e-4, 1e-3])],
      ...changes,
    },
  }
}

export function round(step: number, rates: readonly number[]): RoundSummary {
  return {
    ...{ reward: 0.1, noise: 0.01, step, flops: 1e8, trainLoss: 0.5 },
    ...{ score: 0.5, rewardLoss: 0.6, rewardPrimary: 0.5 },
    groups: rates.map(learningRate => ({ action: 'keep', learningRate, reward: 0.1 })),
  }
}
