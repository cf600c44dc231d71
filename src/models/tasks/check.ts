import { messageOf } from '../../common/error.ts'
import { type Finding, Findings } from '../../common/findings.ts'
import { Rng } from '../../common/random.ts'
import type { Dataset, Item } from '../../data/dataset.ts'
import { checkLosses } from './check/losses.ts'
import { outputShape } from './check/outputs.ts'
import { checkScores } from './check/scores.ts'
import type { Balance, InputSize, Task, TaskDefinition } from './task.ts'

export interface TaskCheckOptions {
  /** Labels to make the task for, a few dozen clips as a rule; no file is opened. */
  readonly dataset: Dataset
  /** Its clips with what is true of them, where the task learns from more than labels; default: as they are. */
  readonly items?: readonly Item[]
  /** How training counts them; default: none. */
  readonly balance?: Balance
  /** What a network will see of a clip; default: 8 frames of 64x64, maps of strides 8, 16 and 32. */
  readonly input?: InputSize
}

const INPUT: InputSize = { frames: 8, size: [64, 64], fit: 'crop', strides: [8, 16, 32] }

/**
 * Holds a task to its contract on the labels of a dataset: losses finite, differentiable and of a clip alone, true
 * `chance`, `worst` and `guessing`, scores within [0, 1] that perfect predictions bring to 1, facts that survive JSON.
 * The engine must run (`startEngine`).
 * @returns what was found, errors and warnings; nothing when the task keeps the contract
 */
export function checkTask(definition: TaskDefinition, options: TaskCheckOptions): readonly Finding[] {
  const findings = new Findings()
  const task = made(definition, options, findings)
  if (task === undefined) return findings.all
  checkFigures(task, findings)
  const { dataset, items = dataset.clips, input = INPUT } = options
  const targets = targetsOf(task, items, findings)
  if (targets === undefined || findings.all.length > 0) return findings.all
  checkWeights(task, targets, findings)
  const shape = outputShape(task, input)
  const trial = { task, shape, targets, rng: Rng.of(0, 'check-task'), findings }
  for (const [code, check] of [
    ['loss.throws', checkLosses] as const,
    ['score.throws', checkScores] as const,
  ]) {
    try {
      check(trial)
    } catch (error) {
      findings.error(
        code,
        `${messageOf(error)}: it must work on outputs [B, …, units] and any items of a split`,
      )
    }
  }
  return findings.all
}

/** The task as a saved model makes it: from facts that have been through JSON. */
function made(
  definition: TaskDefinition,
  { dataset, balance = 'none', input = INPUT }: TaskCheckOptions,
  findings: Findings,
): Task | undefined {
  try {
    definition.check(dataset)
    const facts = definition.facts({ dataset, train: dataset.clips, balance, input })
    const text = JSON.stringify(facts)
    const read: object = JSON.parse(text)
    if (!sameInJson(facts, read)) {
      findings.error(
        'facts.json',
        `the facts change in JSON, ${text.slice(0, 80)}: keep plain objects, lists, strings and finite numbers in them`,
      )
      return undefined
    }
    definition.check(dataset, read)
    return definition.create(read)
  } catch (error) {
    findings.error(
      'definition.throws',
      `${messageOf(error)}: check, facts and create must take the labels that they are for`,
    )
    return undefined
  }
}

/** JSON drops what it has no word for, so keys are compared as well. */
function sameInJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return Object.is(a, b)
  // Sets, Maps and typed arrays come back as something else.
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  const defined = Object.entries(a).filter(([, value]) => value !== undefined)
  return (
    defined.length === Object.keys(b).length &&
    defined.every(([key, value]) => sameInJson(value, Reflect.get(b, key)))
  )
}

function checkFigures({ chance, worst, guessing, head, parts }: Task, findings: Findings): void {
  if (!(chance > 0 && chance < worst && Number.isFinite(worst)))
    findings.error('bounds', `chance ${chance}, worst ${worst}: give 0 < chance < worst, both finite`)
  if (!(guessing >= 0 && guessing < 1))
    findings.error(
      'guessing.range',
      `guessing ${guessing}: it is the score of a model that guesses, in [0, 1)`,
    )
  const { units, start } = head
  if (!(Number.isInteger(units) && units >= 1 && start.length === units && start.every(Number.isFinite)))
    findings.error(
      'head',
      `a head of ${units} units with ${start.length} values to start from: give one finite value a unit`,
    )
  const keys = parts.map(({ key }) => key)
  if (new Set(keys).size !== keys.length)
    findings.error('parts.twice', `the parts ${keys.join(', ')} are not all different`)
}

function targetsOf(task: Task, items: readonly Item[], findings: Findings): readonly unknown[] | undefined {
  try {
    return items.map(item => task.target(item))
  } catch (error) {
    findings.error('target.throws', `${messageOf(error)}: refuse such labels in check, before anything runs`)
    return undefined
  }
}

function checkWeights({ weight }: Task, targets: readonly unknown[], findings: Findings): void {
  if (weight === undefined) return
  const weights = targets.map(target => weight(target))
  const mean = weights.reduce((a, b) => a + b, 0) / weights.length
  if (weights.some(value => !(value >= 0)) || Math.abs(mean - 1) > 1e-6)
    findings.error(
      'weight',
      `weights with mean ${mean}: give each target one of at least 0, 1 in the mean over train`,
    )
}
