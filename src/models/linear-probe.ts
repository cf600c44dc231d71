import type { Clip } from '../data/dataset.ts'
import type { Weights } from './initialize.ts'
import { outputLayer } from './initialize.ts'
import type { Network } from './network.ts'
import { solveByLoss } from './tasks/solve-by-loss.ts'
import type { Trainee } from './trainee.ts'

/** A linear head solved for on the pretrained features, as values of the head's two variables. */
export interface ProbeSolution {
  readonly weights: Weights
  readonly l2: number
  readonly converged: boolean
  readonly flops: number
}

/** Whether the head is one dense layer on a clip's features: then the linear probe is a setting of this network. */
export function hasLinearHead(network: Network, units: number): boolean {
  if (network.model.outputs[0].shape.length !== 2) return false
  const head = network.groups.length - 1
  const output = outputLayer(network, units)
  const own = network.variables.filter(({ group }) => group === head)
  return output !== undefined && own.every(({ layer }) => layer === output)
}

/**
 * The task's linear head on the pretrained network's features, one solution a strength of L2, the strongest first.
 * Features are paid for by the trainee; `flops` is the solver's own work so far.
 * @param clips to solve for
 */
export function* linearProbe(trainee: Trainee, clips: readonly Clip[]): Generator<ProbeSolution> {
  const { network, task } = trainee
  const output = outputLayer(network, task.head.units)
  const variable = (role: string) =>
    network.variables.find(({ layer, role: other }) => layer === output && other === role)?.name ?? role
  const problem = {
    features: trainee.headInputs(clips),
    targets: clips.map(clip => task.target(clip)),
  }
  for (const { kernel, bias, l2, converged, flops } of task.solve?.(problem) ?? solveByLoss(task, problem))
    yield { weights: { [variable('kernel')]: kernel, [variable('bias')]: bias }, l2, converged, flops }
}
