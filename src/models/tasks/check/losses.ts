import { sizeOf } from '../../../common/arrays.ts'
import { tf } from '../../tf.ts'
import { freshValues, gradient, losses, randomValues, raw } from './outputs.ts'
import type { TaskTrial } from './trial.ts'

/** Of single precision, and of heads that start where the loss has no exact bottom. */
const SLACK = 1e-3

/** Losses and gradients of a fresh head's outputs and of random ones. */
export function checkLosses(trial: TaskTrial): void {
  const { task, targets, rng } = trial
  const fresh = freshValues(trial, targets.length)
  const random = randomValues(trial, targets.length, rng)
  if (!areFinite(trial, fresh, 'a fresh head’s') || !areFinite(trial, random, 'random')) return
  checkChance(trial, losses(task, raw(fresh, trial), targets))
  checkAlone(trial, random)
  checkActivated(trial, random)
  checkGradient(trial, random)
}

function areFinite(trial: TaskTrial, values: Float32Array, whose: string): boolean {
  const { task, targets, findings } = trial
  const found = losses(task, raw(values, trial), targets)
  if (found.length !== targets.length) {
    findings.error(
      'loss.shape',
      `${targets.length} clips give ${found.length} losses: loss gives one a clip, [B], and no mean`,
    )
    return false
  }
  const bad = found.find(loss => !Number.isFinite(loss))
  if (bad === undefined) return true
  findings.error(
    'loss.finite',
    `${whose} outputs give a loss of ${bad}: it must be finite for all finite outputs`,
  )
  return false
}

function checkChance({ task, findings }: TaskTrial, fresh: Float32Array): void {
  const mean = fresh.reduce((a, b) => a + b, 0) / fresh.length
  if (mean <= task.chance * (1 + SLACK) + SLACK) return
  findings.error(
    'chance',
    `a fresh head's mean loss is ${mean.toPrecision(4)}, above chance, ${task.chance.toPrecision(4)}: let head.start say what guessing says, or mend chance`,
  )
}

/** A clip's loss is its own, whatever else is in the batch. */
function checkAlone(trial: TaskTrial, values: Float32Array): void {
  const { task, targets, findings } = trial
  const size = sizeOf(trial.shape)
  const together = losses(task, raw(values, trial), targets)
  const off = targets.slice(0, 4).findIndex((target, i) => {
    const [alone] = losses(task, raw(values.slice(i * size, (i + 1) * size), trial), [target])
    return Math.abs(alone - together[i]) > SLACK * (1 + Math.abs(alone))
  })
  if (off < 0) return
  findings.error(
    'loss.batch',
    `clip ${off}'s loss is another one alone than in a batch: it must not depend on other clips`,
  )
}

/** Heads that close with their activation in one layer give outputs that are past it. */
function checkActivated(trial: TaskTrial, values: Float32Array): void {
  const { task, targets, findings } = trial
  const { activation } = task.head
  if (activation === 'linear') return
  const before = losses(task, raw(values, trial), targets)
  const after = tf.tidy(() => {
    const closed = tf[activation](raw(values, trial).values)
    return losses(task, { values: closed, activated: true }, targets)
  })
  if (before.every((loss, i) => Math.abs(loss - after[i]) <= 1e-2 * (1 + Math.abs(loss)))) return
  findings.error(
    'loss.activated',
    `outputs past the ${activation} give another loss than before it: take outputs.activated into account`,
  )
}

function checkGradient(trial: TaskTrial, values: Float32Array): void {
  const { targets, findings } = trial
  const slope = gradient(trial, values, targets)
  if (!slope.every(Number.isFinite))
    findings.error('gradient.finite', 'the loss has a gradient that is not finite at random outputs')
  else if (slope.every(value => value === 0))
    findings.error('gradient.none', 'the loss has no gradient by the outputs: nothing can be learned by it')
}
