import { tf } from '../../tf.ts'
import { intervalOf, perItemOf } from '../per-item.ts'
import { type Outcomes, type Score, skillOf, type Task } from '../task.ts'
import { freshValues, learnedValues, losses, randomValues, raw } from './outputs.ts'
import type { TaskTrial } from './trial.ts'

const SLACK = 1e-6
/** What the loss leaves of a perfect score after a few hundred steps. */
const NEARLY = 0.02
/** Items that are left out in turn. */
const LEFT_OUT = 8

type All = Outcomes<unknown, unknown>

/** Scores of a fresh head, of random outputs, and of outputs that the loss is content with. */
export function checkScores(trial: TaskTrial): void {
  const { task, targets, rng, findings } = trial
  const fresh = outcomesOf(trial, freshValues(trial, targets.length))
  const random = outcomesOf(trial, randomValues(trial, targets.length, rng))
  const learned = outcomesOf(trial, learnedValues(trial, targets))
  if (fresh === undefined || random === undefined || learned === undefined) return
  for (const outcomes of [fresh, random, learned]) checkScore(trial, outcomes)
  const guessed = skillOf(task, task.score(fresh))
  if (guessed > task.guessing + 1e-3)
    findings.error(
      'guessing',
      `a fresh head scores ${guessed.toPrecision(4)}, above guessing, ${task.guessing.toPrecision(4)}: mend guessing, or skill where primary may flatter`,
    )
  const { primary } = task.score(learned)
  if (primary < 1 - NEARLY)
    findings.error(
      'score.perfect',
      `outputs that the loss is content with score ${primary.toPrecision(4)}, and perfect predictions must score 1: let loss, predict and score speak of the same thing`,
    )
  checkPerItem(trial, random)
  checkAnswers(trial, learned)
}

/** Undefined where there is not one prediction a clip. */
function outcomesOf(trial: TaskTrial, values: Float32Array): All | undefined {
  const { task, targets, findings } = trial
  const outputs = raw(values, trial)
  const before = tf.memory().numTensors
  const predictions = task.predict(outputs)
  const left = tf.memory().numTensors - before
  const own = losses(task, outputs, targets)
  outputs.values.dispose()
  if (left > 0)
    findings.error(
      'predict.tensors',
      `predict leaves ${left} tensors behind: use tf.tidy, and give plain values`,
    )
  if (predictions.length === targets.length) return { targets, predictions, losses: own }
  findings.error(
    'predict.count',
    `${targets.length} clips give ${predictions.length} predictions: give one a clip, in order`,
  )
  return undefined
}

function checkScore({ task, findings }: TaskTrial, outcomes: All): void {
  const score = task.score(outcomes)
  const { primary, selection = primary, loss } = score
  for (const [name, value] of Object.entries({ primary, selection }))
    if (!(value >= 0 && value <= 1))
      findings.error('score.range', `${name} is ${value}: hold it within [0, 1], higher is better`)
  const mean = Array.from(outcomes.losses).reduce((a, b) => a + b, 0) / outcomes.losses.length
  if (!(Math.abs(loss - mean) <= 1e-5 * (1 + Math.abs(mean))))
    findings.error('score.loss', `the score's loss is ${loss}, and the mean of the items' is ${mean}`)
  checkParts(task, score, findings)
  const [low, high] = intervalOf(task, outcomes)
  if (!(low >= 0 && high <= 1 && low <= primary + SLACK && high >= primary - SLACK))
    findings.error(
      'interval',
      `the interval ${low} to ${high} of ${primary}: it holds the score, within [0, 1]`,
    )
  const { classes } = task
  if (classes === undefined) return
  const counted = classes.confusion(outcomes.predictions, outcomes.targets)
  if (counted.length !== classes.names.length || counted.some(row => row.length !== classes.names.length))
    findings.error(
      'confusion',
      `a confusion matrix of ${counted.length} rows for ${classes.names.length} classes`,
    )
}

function checkParts({ parts: described }: Task, { parts }: Score, findings: TaskTrial['findings']): void {
  const known = described.map(({ key }) => key).sort()
  const given = Object.keys(parts).sort()
  const bad = given.find(name => !Number.isFinite(parts[name]))
  if (known.join() !== given.join())
    findings.error(
      'score.parts',
      `the score's parts are (${given.join(', ')}), and described are (${known.join(', ')}): describe each, give each`,
    )
  else if (bad !== undefined)
    findings.error('score.parts', `the part ${bad} is ${parts[bad]}: give finite numbers`)
}

/** What a task takes apart by itself against leaving items out one by one. */
function checkPerItem({ task, targets, findings }: TaskTrial, outcomes: All): void {
  const { points, selection, without } = perItemOf(task, outcomes)
  const { primary } = task.score(outcomes)
  if (points.length !== targets.length || selection.length !== targets.length) {
    findings.error(
      'items.count',
      `${targets.length} items, ${points.length} points and ${selection.length} parts of the selection`,
    )
    return
  }
  if (task.perItem === undefined) return
  const mean = points.reduce((a, b) => a + b, 0) / points.length
  if (Math.abs(mean - primary) > SLACK)
    findings.error('items.points', `the items' points have the mean ${mean}, and the score is ${primary}`)
  for (let item = 0; item < Math.min(LEFT_OUT, targets.length); item++) {
    const others = (_: unknown, i: number) => i !== item
    const anew = task.score({
      targets: outcomes.targets.filter(others),
      predictions: outcomes.predictions.filter(others),
      losses: Array.from(outcomes.losses).filter(others),
    })
    const left = without(item)
    const far = (['primary', 'loss', 'selection'] as const).find(
      key => Math.abs((left[key] ?? 0) - (anew[key] ?? 0)) > 1e-5,
    )
    if (far !== undefined)
      findings.error(
        'items.without',
        `without item ${item} ${far} is ${left[far]}, and scoring the others gives ${anew[far]}`,
      )
  }
}

function checkAnswers({ task, targets, findings }: TaskTrial, { predictions }: All): void {
  const answer = task.answer(predictions[0])
  try {
    if (Object.keys(JSON.parse(JSON.stringify(answer))).length === 0) throw new Error('it says nothing')
  } catch {
    findings.error('answer.json', 'answer gives what predict --json prints: an object of plain values')
  }
  if (typeof task.words(predictions[0]) !== 'string' || task.words(predictions[0]) === '')
    findings.error('words', 'words gives a prediction in a few words for people')
  if (task.mistake === undefined) return
  const wrong = predictions.filter((prediction, i) => task.mistake?.(prediction, targets[i]) !== undefined)
  if (wrong.length > targets.length * NEARLY)
    findings.warning(
      'mistake',
      `${wrong.length} of ${targets.length} perfect predictions are called mistakes`,
    )
}
