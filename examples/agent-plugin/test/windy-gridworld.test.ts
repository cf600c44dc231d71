import { describeEnv } from 'layergym/testing'
import { expect, test } from 'vitest'
import { WindyGridworld } from '../src/windy-gridworld.ts'

const spec = { id: 'sarsa/WindyGridworld-v0' }

describeEnv('the windy gridworld', () => new WindyGridworld(spec, 1))

test('the shortest way takes 15 steps', () => {
  const env = new WindyGridworld(spec, 1)
  env.reset()
  const way = [...Array<number>(9).fill(1), 2, 2, 2, 2, 3, 3]
  expect(way.map(action => env.step(action).terminated)).toEqual([...Array<boolean>(14).fill(false), true])
})
