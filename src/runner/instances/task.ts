import { inputError } from '../../common/error.ts'
import type { Clip, Dataset } from '../../data/dataset.ts'
import type { InputSize, Task, TaskDefinition } from '../../models/tasks/task.ts'
import type { FineTuneConfig } from './config.ts'

/** A task made for a dataset, and what it keeps of that: JSON-safe, it lies in the saved model. */
export interface MadeTask {
  readonly task: Task
  readonly facts: object
  /** For people. */
  readonly notes: readonly string[]
}

/**
 * @param train the split that is learned from
 * @throws input error for a task that calls itself something else, or whatever the task refuses
 */
export function makeTask(
  definition: TaskDefinition,
  dataset: Dataset,
  train: readonly Clip[],
  { frames, size }: InputSize,
  { task: id, balance }: Pick<FineTuneConfig, 'task' | 'balance'>,
): MadeTask {
  const data = { dataset, train, balance, input: { frames, size } }
  const facts = definition.facts(data)
  const task = definition.create(facts)
  if (task.id !== id)
    throw inputError(
      'task.id',
      `the task '${id}' calls itself '${task.id}': give both, in the plugin and in create, one id`,
    )
  return { task, facts, notes: definition.notes?.(data) ?? [] }
}

/** @throws input error for a balance that the task can't train with */
export function refuseBalance(
  { balances }: TaskDefinition,
  { task, balance }: Pick<FineTuneConfig, 'task' | 'balance'>,
): void {
  if (balance === 'none' || balances) return
  throw inputError(
    'task.balance',
    `--balance ${balance} makes labels count alike, and the task '${task}' has none that could: leave it out, or say --balance none`,
  )
}

/** What a saved model says of its task; models of earlier versions name their classes alone. */
export interface SavedTask {
  readonly task?: string
  readonly facts?: object
  readonly classes?: readonly string[]
}

/** The facts that a saved model knows; undefined where it says nothing. */
export function savedFacts({ facts, classes }: SavedTask): object | undefined {
  return facts ?? (classes && { classes })
}

/** Whether the head of a model that says this goes on with these facts. */
export function headContinues(
  saved: SavedTask | undefined,
  id: string,
  definition: TaskDefinition,
  facts: object,
): boolean {
  const known = saved && savedFacts(saved)
  if (known === undefined || (saved?.task ?? id) !== id) return false
  return definition.continues?.(known, facts) ?? JSON.stringify(known) === JSON.stringify(facts)
}

/** As `splitDataset` takes it: undefined spreads labels. */
export function stratumOf(
  { stratum = () => () => '' }: Pick<TaskDefinition, 'stratum'>,
  dataset: Dataset,
): ((clip: Clip) => string) | undefined {
  return stratum === 'label' ? undefined : stratum(dataset)
}
