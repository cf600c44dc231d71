import { z } from 'zod'
import {
  drawRates,
  frozenProbability,
  lowestLoss,
  type Member,
  type ResumableRun,
  Runs,
  type SearchOptions,
  type SearchResult,
} from './resumable.ts'

/**
 * η = 3, where the paper's experiments take 4: runs here have few rounds, and with the smaller one there are more
 * rungs, and fewer runs are needed before the first reaches the top. Rungs are at r, ηr, η²r… rounds.
 */
export const ashaConfig = z.strictObject({
  eta: z.number().int().min(2).max(100).default(3).describe('one in so many goes on to the next rung'),
  minimumRounds: z.number().int().min(1).default(1).describe('rounds up to the first rung'),
  frozenProbability,
})

/** A run that reached a rung, and waits there unless it went on or is over. */
interface Entry<S> {
  readonly loss: number
  waiting?: Member<S>
}

/**
 * Asynchronous successive halving (ASHA: Li et al. 2020, algorithm 2) with one worker: the best waiting run among the
 * top 1/η of a rung goes on, of the highest rung that has one; where none has, a new run begins. How long a run is
 * shows only when it's over, so there are rungs for as long as runs last. Holds the states of all runs that wait.
 * @returns the lowest loss of those that went furthest: at the highest rung, or to their own end
 */
export async function asha<S>(
  run: ResumableRun<S>,
  options: SearchOptions<z.infer<typeof ashaConfig>>,
): Promise<SearchResult<S>> {
  const { eta, minimumRounds } = options.config
  const runs = new Runs(run, options)
  const rungs: Entry<S>[][] = []
  let bestDone: Member<S> | undefined
  while (runs.left > 0) {
    const promoted = promotion(rungs, eta)
    const { member, rung } = promoted ?? { member: await runs.begin(drawRates(options)), rung: 0 }
    const rounds = rung === 0 ? minimumRounds : minimumRounds * (eta ** rung - eta ** (rung - 1))
    const reached = await runs.advance(member, rounds)
    rungs[rung] ??= []
    rungs[rung].push({ loss: reached.loss, ...(!reached.done && { waiting: reached }) })
    if (reached.done) bestDone = lowestLoss(bestDone ? [bestDone, reached] : [reached])
  }
  const highest = rungs[rungs.length - 1].flatMap(({ waiting }) => waiting ?? [])
  return runs.result(lowestLoss(bestDone ? [bestDone, ...highest] : highest))
}

/** Takes the run that is to go on from its rung, and says to which it goes; undefined where none is to. */
function promotion<S>(rungs: readonly Entry<S>[][], eta: number) {
  for (let rung = rungs.length - 1; rung >= 0; rung--) {
    const ranked = [...rungs[rung]].sort((a, b) => a.loss - b.loss)
    const entry = ranked.slice(0, Math.floor(ranked.length / eta)).find(({ waiting }) => waiting)
    if (entry?.waiting === undefined) continue
    const member = entry.waiting
    entry.waiting = undefined
    return { member, rung: rung + 1 }
  }
  return undefined
}
