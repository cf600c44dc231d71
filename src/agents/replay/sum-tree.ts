import { inputError } from '../../common/error.ts'

/**
 * Weights w_0 … w_{n−1} ≥ 0 with sampling in proportion to them and updates, both in O(log n): a binary tree whose
 * nodes hold the sums below them (Schaul et al. 2016, appendix B.2.1).
 * Every sum is that of its two children, never a running total: the tree is a function of its weights alone, so one
 * rebuilt from them is equal bit by bit.
 */
export class SumTree {
  /** Leaves from `leaves` on; node i has the children 2i and 2i + 1, the root is node 1. */
  private readonly nodes: Float64Array
  private readonly leaves: number

  /** @throws input error unless capacity is an integer ≥ 1 */
  constructor(readonly capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw inputError('sum-tree.capacity', `a SumTree's capacity is an integer >= 1, not ${capacity}`)
    }
    this.leaves = 2 ** Math.ceil(Math.log2(capacity))
    this.nodes = new Float64Array(2 * this.leaves)
  }

  get total(): number {
    return this.nodes[1]
  }

  get(index: number): number {
    return this.nodes[this.leaves + index]
  }

  set(index: number, weight: number): void {
    let node = this.leaves + index
    this.nodes[node] = weight
    for (node >>= 1; node >= 1; node >>= 1) this.nodes[node] = this.nodes[2 * node] + this.nodes[2 * node + 1]
  }

  /** The index i with w_0 + … + w_{i−1} ≤ sum < w_0 + … + w_i; never one of weight 0 while `total` > 0. */
  find(sum: number): number {
    let node = 1
    let left = sum
    while (node < this.leaves) {
      node *= 2
      // Rounding may leave a sum past the end of the last positive weight: an empty branch is not entered.
      if (left >= this.nodes[node] && this.nodes[node + 1] > 0) {
        left -= this.nodes[node]
        node++
      }
    }
    return node - this.leaves
  }
}
