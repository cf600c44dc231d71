import { failure } from '../../../common/error.ts'
import type { TreeNode } from './walker.ts'

/** What a whole run came to. */
export interface RunEnd {
  readonly path: readonly number[]
  /** At its best moment, on the reward split. */
  readonly score: number
  /** Of that moment's model, on the test split: nothing is chosen by it. */
  readonly test: { readonly primary: number; readonly loss: number }
  /** SHA-256 of its weights. */
  readonly content: string
}

/** A tree of courses, or a part of one with the rounds that lead there: each node comes before those that follow it. */
export interface Part {
  readonly nodes: readonly TreeNode[]
  readonly ends: readonly RunEnd[]
}

export const keyOf = (path: readonly number[]): string => path.join('/')

/** Parts as one tree. @throws failure where two have the same round and it isn't the same */
export function joined(parts: readonly Part[]): Part {
  return {
    nodes: inOrder(parts.flatMap(({ nodes }) => nodes)),
    ends: inOrder(parts.flatMap(({ ends }) => ends)),
  }
}

function inOrder<T extends { readonly path: readonly number[] }>(all: readonly T[]): readonly T[] {
  const known = new Map<string, T>()
  for (const each of all) {
    const key = keyOf(each.path)
    const other = known.get(key)
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(each))
      throw failure(
        'tabulate.differs',
        `the course ${key} came to something else when it was trained again: one of the machines computes other bits`,
      )
    known.set(key, each)
  }
  return [...known.values()].sort((a, b) => comparePaths(a.path, b.path))
}

function comparePaths(a: readonly number[], b: readonly number[]): number {
  for (const [i, choice] of a.entries()) {
    if (i >= b.length) return 1
    if (choice !== b[i]) return choice - b[i]
  }
  return a.length - b.length
}

/** Of whole runs, by the key of their paths: the sum of what their rounds paid. */
export function returnsOf({ nodes }: Pick<Part, 'nodes'>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  const whole = new Map<string, number>()
  for (const { path, reward, terminated } of nodes) {
    const sum = (sums.get(keyOf(path.slice(0, -1))) ?? 0) + reward
    sums.set(keyOf(path), sum)
    if (terminated) whole.set(keyOf(path), sum)
  }
  return whole
}
