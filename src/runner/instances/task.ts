import { availableParallelism } from 'node:os'
import { inputError } from '../../common/error.ts'
import type { Clip, Dataset } from '../../data/dataset.ts'
import { inParallel } from '../../data/parallel.ts'
import { probeVideo } from '../../data/video.ts'
import type { InputSize, PiecesOf, Task, TaskDefinition } from '../../models/tasks/task.ts'
import type { Container } from '../plugins/container.ts'
import { type FineTuneConfig, isSolvable, type WholeConfig } from './config.ts'

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
  input: InputSize,
  { task: id, balance }: Pick<FineTuneConfig, 'task' | 'balance'>,
): MadeTask {
  const data = { dataset, train, balance, input }
  const facts = definition.facts(data)
  const task = definition.create(facts)
  if (task.id !== id)
    throw inputError(
      'task.id',
      `the task '${id}' calls itself '${task.id}': give both, in the plugin and in create, one id`,
    )
  return { task, facts, notes: definition.notes?.(data) ?? [] }
}

/** What a task learns from and is scored on, of what the files hold. */
export async function piecesOf(
  dataset: Dataset,
  { pieces }: Pick<TaskDefinition, 'pieces'>,
  { signal, ...of }: Omit<PiecesOf<object>, 'seconds'> & { readonly signal: AbortSignal },
): Promise<Dataset> {
  if (pieces === undefined) return dataset
  const paths = [...new Set(dataset.clips.map(({ path }) => path))]
  const look = async (path: string) => [path, (await probeVideo(path, { signal })).duration] as const
  const seconds = await inParallel(paths, look, { limit: availableParallelism(), signal })
  return pieces(dataset, { ...of, seconds: new Map(seconds) })
}

/** @throws input error for baselines that begin with a linear probe where the task has none */
export function refuseUnsolvable(
  { baselines, task: id }: Pick<WholeConfig, 'baselines' | 'task'>,
  task: Task,
  container: Container,
): void {
  if (isSolvable(task)) return
  const refused = baselines.filter(name => {
    const { solved, fromProbe } = container.get('schedules', name)
    return solved || fromProbe
  })
  if (refused.length === 0) return
  throw inputError(
    'task.no-probe',
    `--baselines ${refused.join(',')}: ${id} has no linear probe, which is solved for where there is one answer a clip; headOnly trains the head by gradient`,
  )
}

/** @throws input error for a balance that the task can't train with */
export function refuseBalance(
  { balances }: TaskDefinition,
  { task, balance }: Pick<FineTuneConfig, 'task' | 'balance'>,
): void {
  if (balance === 'none' || balances?.includes(balance)) return
  const allowed = ['none', ...(balances ?? [])].map(each => `--balance ${each}`)
  throw inputError(
    'task.balance',
    `--balance ${balance} makes labels count alike, and the task '${task}' can't do so: leave it out, or say ${allowed.join(' or ')}`,
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
