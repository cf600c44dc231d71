import { expect, test } from 'vitest'
import { z } from 'zod'
import { parseConfig } from '../../../src/common/settings.ts'
import { concluded } from '../../../src/runner/runs/job.ts'
import { checkWorkShape, workShape } from '../../../src/runner/runs/work-shape.ts'

const shape = (values: object) => parseConfig(z.strictObject(workShape), { ...values })
const checked = (values: object) => () => checkWorkShape({ overwrite: false, ...values })

test('percent of units that are done twice may have their sign', () => {
  expect(shape({ verify: '5%' })).toEqual({ verify: 5 })
  expect(shape({ verify: 0.5 })).toEqual({ verify: 0.5 })
  for (const verify of ['5%%', '%5', '101%', -1]) expect(() => shape({ verify })).toThrow("'verify'")
  expect(shape({ workers: '0', queue: 'file:/q' })).toEqual({ workers: 0, queue: 'file:/q' })
})

test('somebody does the units, and one process writes the figures', () => {
  expect(checked({ workers: 0 })).toThrow("'workers' can't be 0 without a --queue")
  checked({ workers: 0, queue: 'file:/q' })()
  checked({ workers: 1 })()
  checked({})()
  expect(checked({ log: ['csv'], shard: '1/2' })).toThrow('--log goes with a whole run')
  checked({ log: ['csv'] })()
  checked({ log: [], shard: '1/2' })()
  checked({ shard: '1/2' })()
})

test('a run of parts that others have not done yet has no summary', () => {
  expect(() => concluded({ dir: '/runs/a' })).toThrow('the run in /runs/a has no summary')
  expect(concluded({ dir: '/runs/a', summary: 0 })).toBe(0)
})
