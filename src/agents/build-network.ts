import { inputError } from '../common/error.ts'
import type { NetworkFactory } from './agent.ts'
import type { Approximator } from './approximator.ts'

/**
 * Calls a network factory and holds it to the sizes that were asked for.
 * @throws input error when the user's network has other sizes than the agent needs
 */
export function buildNetwork(
  name: string,
  factory: NetworkFactory,
  sizes: Parameters<NetworkFactory>[0],
): Approximator {
  const network = factory(sizes)
  if (network.inputs === sizes.inputs && network.outputs === sizes.outputs) return network
  throw inputError(
    'network.size',
    `the ${name} network maps ${network.inputs} inputs to ${network.outputs} outputs: ` +
      `these spaces need ${sizes.inputs} inputs and ${sizes.outputs} outputs`,
  )
}
