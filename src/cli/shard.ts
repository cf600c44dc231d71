import { inputError } from '../common/error.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** How a scheduler tells a task which of how many it is. */
interface Scheduler {
  readonly name: string
  readonly index: string
  /** Of the first task; by a variable, or always the same. */
  readonly first: string | number
  /** How many there are, or the last one's index. */
  readonly count?: string
  readonly last?: string
  readonly step?: string
}

const SCHEDULERS: readonly Scheduler[] = [
  {
    name: 'Slurm',
    index: 'SLURM_ARRAY_TASK_ID',
    first: 'SLURM_ARRAY_TASK_MIN',
    count: 'SLURM_ARRAY_TASK_COUNT',
    last: 'SLURM_ARRAY_TASK_MAX',
    step: 'SLURM_ARRAY_TASK_STEP',
  },
  {
    name: 'Grid Engine',
    index: 'SGE_TASK_ID',
    first: 'SGE_TASK_FIRST',
    last: 'SGE_TASK_LAST',
    step: 'SGE_TASK_STEPSIZE',
  },
  { name: 'LSF', index: 'LSB_JOBINDEX', first: 1, last: 'LSB_JOBINDEX_END', step: 'LSB_JOBINDEX_STEP' },
  { name: 'PBS', index: 'PBS_ARRAY_INDEX', first: 'LAYERGYM_FIRST_TASK', count: 'LAYERGYM_TASKS' },
  { name: 'Kubernetes', index: 'JOB_COMPLETION_INDEX', first: 0, count: 'LAYERGYM_TASKS' },
]

/** Settings whose `shard` is `auto`: the part that this task of a job array is to do. @throws input error where none is told */
export function withShard(
  settings: Readonly<Record<string, unknown>>,
  environment: Environment,
): Readonly<Record<string, unknown>> {
  return settings.shard === 'auto' ? { ...settings, shard: shardOf(environment) } : settings
}

/** As in 2/8. @throws input error where no scheduler tells of a job array, or only half of it */
export function shardOf(environment: Environment): string {
  const numberOf = (name: string) => {
    const value = environment[name]
    return value === undefined || !/^\d+$/.test(value) ? undefined : Number(value)
  }
  const scheduler = SCHEDULERS.find(({ index }) => numberOf(index) !== undefined)
  if (scheduler === undefined) {
    const known = SCHEDULERS.map(({ name, index }) => `${index} (${name})`).join(', ')
    throw inputError(
      'shard.auto',
      `--shard auto: this is no task of a job array, as told by ${known}. Give it, as in 1/8`,
    )
  }
  const { name, index, first: from, count, last, step } = scheduler
  const first = typeof from === 'number' ? from : (numberOf(from) ?? 1)
  const width = (step === undefined ? undefined : numberOf(step)) || 1
  const place = ((numberOf(index) as number) - first) / width
  const end = last === undefined ? undefined : numberOf(last)
  const many = (count === undefined ? undefined : numberOf(count)) ?? (end && (end - first) / width + 1)
  if (many === undefined) {
    throw inputError(
      'shard.auto',
      `--shard auto: ${name} tells which task this is (${index}), and not of how many: set ${count ?? last}`,
    )
  }
  if (Number.isInteger(place) && place >= 0 && place < many) return `${place + 1}/${many}`
  throw inputError(
    'shard.auto',
    `--shard auto: ${index} is ${environment[index]}, which is none of ${many} tasks from ${first} on: number them in equal steps`,
  )
}
