import { expect, test } from 'vitest'
import { LayergymError } from '../../src/common/error.ts'
import { Box, Dict, Discrete, MultiBinary, MultiDiscrete, Tuple } from '../../src/envs/spaces.ts'

/** The same module once more, as a second copy of the package has it. */
const copyOf = (path: string) => import(/* @vite-ignore */ `${path}?copy`)

test('spaces of another copy of layergym are spaces of their kind', async () => {
  const discrete = await copyOf('../../src/envs/spaces/discrete.ts')
  const box = await copyOf('../../src/envs/spaces/box.ts')
  const multi = await copyOf('../../src/envs/spaces/multi.ts')
  const composite = await copyOf('../../src/envs/spaces/composite.ts')
  const own = [Discrete, Box, MultiDiscrete, MultiBinary, Dict, Tuple]
  const made = [
    new discrete.Discrete(3),
    new box.Box(0, 1, [2]),
    new multi.MultiDiscrete([2, 3]),
    new multi.MultiBinary(4),
    new composite.Dict({}),
    new composite.Tuple(),
  ]
  expect(discrete.Discrete).not.toBe(Discrete)
  for (const [i, space] of made.entries())
    expect(own.map(kind => space instanceof kind)).toEqual(own.map((_, j) => j === i))
})

test('what only looks like one is none, and a class that extends one is its own', () => {
  class Angle extends Box {}
  expect(new Angle(0, 1, [1]) instanceof Box).toBe(true)
  expect(new Box(0, 1, [1]) instanceof Angle).toBe(false)
  for (const other of [{ kind: 'box' }, null, undefined, 'box', () => 1])
    expect(other instanceof Box).toBe(false)
})

test('an error of another copy ends a command as ours do', async () => {
  const { inputError } = await copyOf('../../src/common/error.ts')
  const error = inputError('mine', 'said on purpose')
  expect(error instanceof LayergymError).toBe(true)
  expect(error.exitCode).toBe(2)
  expect(new Error('no') instanceof LayergymError).toBe(false)
})
