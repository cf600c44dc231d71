import { describe, expect, test } from 'vitest'
import { shardOf, withShard } from '../../src/cli/shard.ts'

describe('--shard auto', () => {
  test.each([
    ['Slurm', { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_MIN: '1', SLURM_ARRAY_TASK_COUNT: '8' }, '3/8'],
    [
      'Slurm from 0',
      { SLURM_ARRAY_TASK_ID: '0', SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '4' },
      '1/4',
    ],
    [
      'Slurm in steps',
      {
        SLURM_ARRAY_TASK_ID: '5',
        SLURM_ARRAY_TASK_MIN: '1',
        SLURM_ARRAY_TASK_MAX: '7',
        SLURM_ARRAY_TASK_STEP: '2',
      },
      '3/4',
    ],
    [
      'Grid Engine',
      { SGE_TASK_ID: '2', SGE_TASK_FIRST: '1', SGE_TASK_LAST: '5', SGE_TASK_STEPSIZE: '1' },
      '2/5',
    ],
    ['LSF', { LSB_JOBINDEX: '4', LSB_JOBINDEX_END: '4', LSB_JOBINDEX_STEP: '1' }, '4/4'],
    ['PBS', { PBS_ARRAY_INDEX: '2', LAYERGYM_TASKS: '3' }, '2/3'],
    ['Kubernetes', { JOB_COMPLETION_INDEX: '0', LAYERGYM_TASKS: '3' }, '1/3'],
    [
      'Grid Engine outside of an array',
      { SGE_TASK_ID: 'undefined', JOB_COMPLETION_INDEX: '1', LAYERGYM_TASKS: '2' },
      '2/2',
    ],
  ])('by %s', (_name, environment, shard) => {
    expect(shardOf(environment)).toBe(shard)
  })

  test.each([
    [{}, /no task of a job array/],
    [{ JOB_COMPLETION_INDEX: '1' }, /set LAYERGYM_TASKS/],
    [{ PBS_ARRAY_INDEX: '9', LAYERGYM_TASKS: '3' }, /none of 3 tasks/],
    [
      {
        SLURM_ARRAY_TASK_ID: '4',
        SLURM_ARRAY_TASK_MIN: '1',
        SLURM_ARRAY_TASK_MAX: '7',
        SLURM_ARRAY_TASK_STEP: '2',
      },
      /equal steps/,
    ],
  ])('refuses %j', (environment, message) => {
    expect(() => shardOf(environment)).toThrow(message)
  })

  test('leaves what is given as it is', () => {
    const environment = { SLURM_ARRAY_TASK_ID: '3', SLURM_ARRAY_TASK_COUNT: '8' }
    expect(withShard({ shard: '1/2' }, environment)).toEqual({ shard: '1/2' })
    expect(withShard({}, environment)).toEqual({})
    expect(withShard({ shard: 'auto' }, environment)).toEqual({ shard: '3/8' })
  })
})
