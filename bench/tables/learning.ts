/**
 * The rows of docs/results/learning.md, from the summaries of `layergym benchmark` and the lines of
 * bench/peers/learning_sb3.py:
 *   npx tsx bench/tables/learning.ts runs/DIR/summary.json… [--peer FILE.jsonl]
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { mean } from '../../src/common/statistics.ts'
import { intervalOf } from '../../src/runner/inference/inference.ts'
import { type Interval, meanInterval } from '../../src/runner/inference/statistics.ts'
import { welch } from '../../src/runner/inference/welch.ts'
import type { BenchmarkSummary } from '../../src/runner/jobs/benchmark/summary.ts'
import { table } from '../support/measure.ts'

interface PeerRun {
  readonly algorithm: string
  readonly env: string
  readonly steps: number
  readonly seed: number
  readonly meanReturn: number
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { peer: { type: 'string' } } })
const peers: readonly PeerRun[] =
  values.peer === undefined
    ? []
    : readFileSync(values.peer, 'utf8')
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
const ours: (string | number)[][] = []
const against: (string | number)[][] = []
for (const path of positionals) {
  const { env, steps, agents } = JSON.parse(readFileSync(path, 'utf8')) as BenchmarkSummary
  for (const { agent, runs } of agents) {
    const returns = runs.map(run => run.meanReturn)
    const what = [env, agent, steps.toLocaleString('en')]
    ours.push([...what, figure(mean(returns)), between(meanInterval(returns)), list(returns)])
    const theirs = peers
      .filter(peer => peer.env === env && peer.algorithm === agent && peer.steps === steps)
      .map(peer => peer.meanReturn)
    if (theirs.length === 0) continue
    const difference = welch(returns, theirs)
    against.push([
      ...what,
      `${figure(mean(returns))} (${returns.length})`,
      `${figure(mean(theirs))} (${theirs.length})`,
      figure(mean(returns) - mean(theirs)),
      between(difference && intervalOf(difference)),
      list(theirs),
    ])
  }
}
console.log(table(['environment', 'agent', 'steps', 'mean', '95 % interval', 'by seed'], ours))
if (against.length > 0) {
  const head = ['layergym (seeds)', 'SB3 (seeds)', 'difference', '95 % interval', 'SB3 by seed']
  console.log(table(['environment', 'agent', 'steps', ...head], against))
}

function figure(value: number): string {
  return value.toFixed(1).replace('-', '−')
}

function between(interval: Interval | undefined): string {
  return interval === undefined ? '–' : interval.map(figure).join(' to ')
}

function list(returns: readonly number[]): string {
  return returns.map(value => value.toFixed(0).replace('-', '−')).join(' ')
}
