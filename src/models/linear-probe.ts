import type { Clip } from '../data/dataset.ts'
import type { Weights } from './initialize.ts'
import { outputLayer } from './initialize.ts'
import { type LinearClassifier, LogisticRegression } from './logistic.ts'
import type { Network } from './network.ts'
import type { Trainee } from './trainee.ts'

/** A linear head solved for on the pretrained features, as values of the head's two variables. */
export interface ProbeSolution {
  readonly weights: Weights
  readonly l2: number
  readonly converged: boolean
  readonly flops: number
}

/** Whether the head is one dense layer on what enters it: then the linear probe is a setting of this network. */
export function hasLinearHead(network: Network, classes: number): boolean {
  const head = network.groups.length - 1
  const output = outputLayer(network, classes)
  const own = network.variables.filter(({ group }) => group === head)
  return output !== undefined && own.every(({ layer }) => layer === output)
}

/**
 * Multinomial logistic regression on the pretrained network's features, one solution a strength of L2, the strongest
 * first. Features are paid for by the trainee; `flops` is the solver's own work so far.
 * @param clips to solve for; `weight`: what each one counts for
 */
export function* linearProbe(
  trainee: Trainee,
  clips: readonly Clip[],
  options: { readonly classes: number; readonly weight?: (clip: Clip) => number },
): Generator<ProbeSolution> {
  const { network } = trainee
  const output = outputLayer(network, options.classes)
  const variable = (role: string) =>
    network.variables.find(({ layer, role: other }) => layer === output && other === role)?.name ?? role
  const regression = new LogisticRegression({
    features: trainee.headInputs(clips),
    labels: clips.map(clip => trainee.label(clip)),
    classes: options.classes,
    weights: options.weight && clips.map(options.weight),
  })
  for (const { l2, converged, ...solution } of regression.path())
    yield { weights: named(solution, variable), l2, converged, flops: regression.flops }
}

function named({ kernel, bias }: LinearClassifier, variable: (role: string) => string): Weights {
  return { [variable('kernel')]: kernel, [variable('bias')]: bias }
}
