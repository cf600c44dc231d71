import { size } from './flops.ts'
import type { Graph, Layer } from './graph.ts'
import type { LayerGroup } from './groups.ts'
import type { Operation } from './program.ts'
import { SCALING_LAYER } from './scaling.ts'
import type { tf } from './tf.ts'

/** One variable of the network, by a name that stays the same whatever is frozen. */
export interface Variable {
  readonly name: string
  readonly layer: Layer
  /** The last part of its name: kernel, bias, gamma, moving_mean… */
  readonly role: string
  readonly shape: readonly number[]
  readonly size: number
  /** Index of its layer group. */
  readonly group: number
  /** Learned by gradient; false for batch-normalisation statistics. */
  readonly learned: boolean
  /** The tfjs variable that the model owns. */
  readonly handle: tf.Variable
}

/** All variables of a network in the order of its layers; the fixed pixel scaling has none. */
export function collectVariables(
  graph: Graph,
  operations: readonly Operation[],
  groups: readonly LayerGroup[],
): readonly Variable[] {
  const seen = new Set<Layer>()
  const names = new Set<string>()
  const variables: Variable[] = []
  operations.forEach((operation, index) => {
    const group = groups.findIndex(({ operations: [from, to] }) => index >= from && index < to)
    for (const node of operation.nodes) {
      const { layer, name: nodeName } = graph.nodes[node]
      if (layer === undefined || seen.has(layer) || layer.name === SCALING_LAYER) continue
      seen.add(layer)
      const learned = new Set(layer.trainableWeights)
      for (const weight of layer.weights) {
        const role = weight.originalName.split('/').at(-1) ?? weight.originalName
        let name = `${nodeName}/${role}`
        for (let i = 1; names.has(name); i++) name = `${nodeName}/${role}_${i}`
        names.add(name)
        const shape = weight.shape.map(dimension => dimension ?? 1)
        const handle = (weight as unknown as { val: tf.Variable }).val
        variables.push({
          name,
          layer,
          role,
          shape,
          size: size(shape),
          group,
          learned: learned.has(weight),
          handle,
        })
      }
    }
  })
  return variables
}
