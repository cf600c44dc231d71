import type {
  Batch,
  Entering,
  Executor,
  GradientHandle,
  Handle,
  ProbeResult,
  StepOptions,
  StepResult,
  WeightNorms,
} from './executor.ts'
import type { GradientResult } from './gradients.ts'
import type { Weights } from './initialize.ts'
import type { Network } from './network.ts'
import type { Optimizer, OptimizerState } from './optimizer.ts'
import { centredGram, type Gram, gradientFigures, norm } from './statistics.ts'
import type { Outputs, Task } from './tasks/task.ts'
import { tf } from './tf.ts'

export interface ExecutorOptions {
  readonly network: Network
  readonly task: Task
  readonly optimizer: () => Optimizer
  /** Told what a user should know. */
  readonly notice?: (message: string) => void
}

/** Arrays are never written to once they are in here. */
interface State {
  readonly weights: Weights
  readonly slots: OptimizerState
}

/** By group, then by variable. */
type Means = readonly ReadonlyMap<string, Float32Array>[]

/** Runs a step operation by operation on any engine; weights and slots are arrays of this process. */
export class EagerExecutor implements Executor {
  private optimizer: Optimizer

  constructor(
    private readonly options: ExecutorOptions,
    /** What the network's variables hold. */
    private weights: Weights,
  ) {
    this.optimizer = options.optimizer()
  }

  reset(weights: Weights): void {
    this.load(weights)
    this.optimizer = this.options.optimizer()
  }

  /** Puts values into the model's variables; those that are the same array already stay untouched. */
  load(weights: Weights): void {
    for (const variable of this.options.network.variables) {
      const value = weights[variable.name]
      if (value === this.weights[variable.name]) continue
      tf.tidy(() => variable.handle.assign(tf.tensor(value, [...variable.shape])))
    }
    this.weights = weights
  }

  read(handle?: Handle): Weights {
    return handle === undefined ? this.weights : stateOf(handle).weights
  }

  step(batch: Batch, rates: readonly number[], options: StepOptions): StepResult {
    const { variables } = this.options.network
    const result = this.differentiate(batch, group => rates[group] > 0, options)
    const updates: Record<string, Float32Array> = {}
    for (const { name, group } of variables) {
      const gradient = result.gradients.get(name)
      const statistic = result.statistics.get(name)
      if (gradient !== undefined)
        updates[name] = this.optimizer.update(name, this.weights[name], gradient, rates[group])
      else if (statistic !== undefined) updates[name] = statistic
    }
    this.load({ ...this.weights, ...updates })
    return { loss: result.loss }
  }

  evaluate(entering: Entering): Outputs {
    const { network } = this.options
    return network.outputs(this.forward(entering, network.groups.length))
  }

  forward({ input, clips, from }: Entering, to: number): tf.Tensor {
    return this.options.network.forward(input, clips, from, to)
  }

  probe(halves: readonly [Batch, Batch], previous?: GradientHandle): ProbeResult {
    const [first, second] = halves
    const one = this.differentiate(first, () => true, {})
    const other = second === first ? one : this.differentiate(second, () => true, {})
    const before = previous === undefined ? undefined : (previous as unknown as Means)
    const found = this.learned().map((names, group) => gradientFigures(names, [one, other], before?.[group]))
    return {
      figures: found.map(({ figures }) => figures),
      grams: this.grams(second === first ? [first] : halves),
      mean: found.map(({ mean }) => mean) as unknown as GradientHandle,
    }
  }

  norms(since?: Handle): readonly WeightNorms[] {
    const before = since && stateOf(since).weights
    return this.learned().map(names => {
      const now = names.map(name => this.weights[name])
      const then = before && names.map(name => before[name])
      return { norm: norm(now), moved: then === undefined ? 0 : norm(now, then) }
    })
  }

  snapshot(): Handle {
    const state: State = { weights: this.weights, slots: this.optimizer.state() }
    return state as unknown as Handle
  }

  restore(handle: Handle): void {
    const { weights, slots } = stateOf(handle)
    this.load(weights)
    this.optimizer.restore(slots)
  }

  changed(handle: Handle): readonly boolean[] {
    const { network } = this.options
    const { weights } = stateOf(handle)
    return network.groups.map((_, group) =>
      network.variables.some(one => one.group === group && weights[one.name] !== this.weights[one.name]),
    )
  }

  private differentiate(
    { input, clips, from, targets }: Batch,
    trained: (group: number) => boolean,
    options: StepOptions,
  ): GradientResult {
    const { network, task } = this.options
    return network.gradients(input, clips, outputs => task.loss(outputs, targets), {
      ...options,
      from,
      trained: new Set(network.variables.filter(v => v.learned && trained(v.group)).map(v => v.name)),
      weights: task.weight && targets.map(target => task.weight?.(target) ?? 1),
    })
  }

  private grams(halves: readonly Batch[]): readonly Gram[] {
    const clips = halves.reduce((sum, half) => sum + half.clips, 0)
    const input = tf.concat(halves.map(half => half.input))
    const tensors = this.options.network.activations(input, clips)
    const grams = tensors.map(tensor => centredGram(tensor.dataSync() as Float32Array, clips))
    tf.dispose([input, ...tensors])
    return grams
  }

  /** Names of the learned variables, by group. */
  private learned(): readonly (readonly string[])[] {
    const { groups, variables } = this.options.network
    return groups.map((_, group) =>
      variables.filter(v => v.learned && v.group === group).map(({ name }) => name),
    )
  }
}

function stateOf(handle: Handle): State {
  return handle as unknown as State
}
