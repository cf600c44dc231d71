import { expect, test } from 'vitest'
import type { Clip, Splits } from '../../../src/data/dataset.ts'
import { objectDetection } from '../../../src/models/tasks/detection/detection.ts'
import { refuseUnscorable } from '../../../src/runner/instances/clips.ts'

const clip = (id: string, ...boxes: readonly { readonly crowd?: boolean }[]): Clip => {
  const box = { label: 'kite', x: 0, y: 0, width: 8, height: 8 }
  const frames = [{ time: 0, boxes: boxes.map(each => ({ ...box, ...each })) }]
  return { id, path: `/${id}`, label: '', annotation: { size: [32, 32], boxes: frames } }
}
const kite = clip('kite', {})
const sky = clip('sky')
const flock = clip('flock', { crowd: true })
const splits = (changed: Partial<Splits>): Splits => {
  return { train: [kite, sky], probe: [sky], reward: [sky, kite], test: [kite], ...changed }
}

test('negatives are welcome in a split that holds an object', () => {
  expect(() => refuseUnscorable(splits({}), objectDetection)).not.toThrow()
})

test.each([
  ['train', [sky, sky]],
  ['reward', [flock]],
  ['test', [sky]],
] as const)('a %s split without an object to be found is refused', (name, clips) => {
  expect(() => refuseUnscorable(splits({ [name]: clips }), objectDetection)).toThrow(
    new RegExp(`the ${name} split's clips won't do: no object is boxed there`),
  )
})

test('of a task that has nothing against any clips all splits will do', () => {
  expect(() => refuseUnscorable(splits({ test: [sky] }), {})).not.toThrow()
})
