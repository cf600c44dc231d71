import { keyOf, type Part, type RunEnd } from './tree.ts'
import type { TreeNode } from './walker.ts'

/** What can come of choices in a whole tree: returns are sums of what rounds paid, from where one stands to the end. */
export class Courses {
  private readonly nodes: ReadonlyMap<string, TreeNode>
  private readonly ends: ReadonlyMap<string, RunEnd>

  /** @param choices how many there are in each round */
  constructor(
    tree: Part,
    private readonly choices: number,
  ) {
    this.nodes = new Map(tree.nodes.map(node => [keyOf(node.path), node]))
    this.ends = new Map(tree.ends.map(end => [keyOf(end.path), end]))
  }

  node(path: readonly number[]): TreeNode {
    return this.nodes.get(keyOf(path)) as TreeNode
  }

  end(path: readonly number[]): RunEnd {
    return this.ends.get(keyOf(path)) as RunEnd
  }

  /** With the best choices: Q*(path without its last, its last). */
  best(path: readonly number[]): number {
    const { reward, terminated } = this.node(path)
    return terminated ? reward : reward + Math.max(...this.after(path).map(next => this.best(next)))
  }

  /** With choices at random: the mean of a figure of whole runs that begin so. */
  mean(path: readonly number[], figure: (whole: readonly number[]) => number): number {
    if (path.length > 0 && this.node(path).terminated) return figure(path)
    const means = this.after(path).map(next => this.mean(next, figure))
    return means.reduce((sum, mean) => sum + mean, 0) / means.length
  }

  /** The whole run of whoever takes what looks best to it; of equals the first. */
  follow(value: (path: readonly number[]) => number): readonly number[] {
    for (let path: readonly number[] = []; ; ) {
      path = this.after(path).reduce((best, next) => (value(next) > value(best) ? next : best))
      if (this.node(path).terminated) return path
    }
  }

  /** Of a whole run: what its rounds paid. */
  return(path: readonly number[]): number {
    return path.reduce((sum, _, i) => sum + this.node(path.slice(0, i + 1)).reward, 0)
  }

  private after(path: readonly number[]): readonly (readonly number[])[] {
    return Array.from({ length: this.choices }, (_, choice) => [...path, choice])
  }
}
