import type { Weights } from '../initialize.ts'
import type { Network } from '../network.ts'
import { tf } from '../tf.ts'
import type { Variable } from '../variables.ts'

/** Variables of one layer group that lie one behind the other in a flat float32 tensor. */
export class Flat {
  readonly size: number

  constructor(readonly variables: readonly Variable[]) {
    this.size = variables.reduce((sum, { size }) => sum + size, 0)
  }

  /** Of host values; the caller's. */
  tensor(weights: Weights): tf.Tensor {
    const values = new Float32Array(this.size)
    let at = 0
    for (const { name, size } of this.variables) {
      values.set(weights[name], at)
      at += size
    }
    return tf.tensor1d(values)
  }

  zeros(): tf.Tensor {
    return tf.fill([this.size], 0)
  }

  /** Host copies, each array of its own. */
  weights(flat: tf.Tensor): Weights {
    const values = flat.dataSync() as Float32Array
    let at = 0
    return Object.fromEntries(
      this.variables.map(({ name, size }) => {
        at += size
        return [name, values.slice(at - size, at)]
      }),
    )
  }

  /** Puts the values into the model's variables. */
  bind(flat: tf.Tensor): void {
    if (this.size === 0) return
    tf.tidy(() => {
      const sizes = this.variables.map(({ size }) => size)
      for (const [i, part] of tf.split(flat, sizes).entries()) {
        const { handle, shape } = this.variables[i]
        handle.assign(tf.reshape(part, [...shape]))
      }
    })
  }

  /** One behind the other, in the order of the variables. */
  joined(tensorOf: (variable: Variable) => tf.Tensor): tf.Tensor {
    const parts = this.variables.map(variable => tf.reshape(tensorOf(variable), [variable.size]))
    return parts.length === 1 ? parts[0] : tf.concat(parts)
  }
}

/** A group's variables: what is learned by gradient, and what isn't. */
export interface GroupLayout {
  readonly learned: Flat
  readonly fixed: Flat
}

export function layoutsOf({ groups, variables }: Network): readonly GroupLayout[] {
  return groups.map((_, group) => {
    const own = variables.filter(variable => variable.group === group)
    return {
      learned: new Flat(own.filter(({ learned }) => learned)),
      fixed: new Flat(own.filter(({ learned }) => !learned)),
    }
  })
}
