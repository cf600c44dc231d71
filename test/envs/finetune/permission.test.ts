import { describe, expect, test } from 'vitest'
import { fiveActions, type GroupSetting, rateLimits } from '../../../src/envs/finetune/actions.ts'
import { allOpen, awake, checkOpen, keepAlone, permitted } from '../../../src/envs/finetune/permission.ts'
import { Box, Discrete } from '../../../src/envs/spaces.ts'

const at = (learningRate: number, frozen = false): GroupSetting => ({ frozen, learningRate })
const settings = [at(1e-4), at(2e-4, true), at(3e-4, true), at(4e-4)]
const open = [true, true, false, false]

test('at first all groups may move', () => {
  expect(allOpen(3)).toEqual([true, true, true])
})

test('one permission a group', () => {
  const given = [true, false]
  expect(checkOpen(given, 2)).toEqual(given)
  expect(checkOpen(given, 2)).not.toBe(given)
  expect(() => checkOpen(given, 3)).toThrow('2 permissions for 3 groups')
})

test('who may not move is frozen, at the rate it had', () => {
  expect(permitted(settings, open)).toEqual([at(1e-4), at(2e-4, true), at(3e-4, true), at(4e-4, true)])
})

test('who may move and is frozen thaws at the rate of its depth, and nobody else', () => {
  const limits = rateLimits(1e-3)
  expect(awake(settings, open, limits)).toEqual([at(1e-4), at(limits.reset(2)), at(3e-4, true), at(4e-4)])
})

describe('what is left to who may not move', () => {
  test('is the action that keeps', () => {
    expect(keepAlone(fiveActions)).toEqual(Uint8Array.of(0, 0, 1, 0, 0))
    expect(keepAlone({ ...fiveActions, space: new Discrete(3), keep: 0 })).toEqual(Uint8Array.of(1, 0, 0))
  })

  test('is not said where none keeps, or actions aren’t counted', () => {
    expect(keepAlone({ ...fiveActions, keep: undefined })).toBe(undefined)
    expect(keepAlone({ ...fiveActions, space: new Box(-1, 1, [1]) as never, keep: 0 })).toBe(undefined)
  })
})
