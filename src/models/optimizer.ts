import { failure, inputError } from '../common/error.ts'
import { unknownName } from '../common/suggest.ts'
import { adamwRule, type EngineRule, sgdRule } from './engine-rules.ts'

export const optimizerKinds = ['adamw', 'adam', 'sgd'] as const
export type OptimizerKind = (typeof optimizerKinds)[number]

/** Options as torch.optim names and defaults them; one that the kind doesn't have is refused. */
export interface OptimizerOptions {
  readonly kind: OptimizerKind
  /** sgd: share of the last step's direction that is kept, [0, 1), default 0. */
  readonly momentum?: number
  /** sgd: look ahead along the momentum (Nesterov 1983); needs momentum. */
  readonly nesterov?: boolean
  /** adamw, adam: decay of the gradient's first and second moment, each in [0, 1), default 0.9 and 0.999. */
  readonly betas?: readonly [number, number]
  /** adamw, adam: added to the root of the second moment, ≥ 0, default 1e-8. */
  readonly epsilon?: number
  /** adamw: decoupled, default 0.01. sgd: added to the gradient, default 0. adam has none. */
  readonly weightDecay?: number
}

/** What one variable's updates remember; never written to after it was made. */
export interface VariableState {
  /** Updates so far; a frozen variable's stays. */
  readonly step: number
  /** As long as the variable: `m` and `v` (adamw, adam), `momentum` (sgd with momentum), else none. */
  readonly slots: Readonly<Record<string, Float32Array>>
}

/** By variable name; variables that were never updated are absent. */
export type OptimizerState = Readonly<Record<string, VariableState>>

/**
 * A gradient rule whose memory is keyed by variable name, so that freezing one variable shifts no other's.
 * A frozen variable is one that `update` isn't called for (torch: its grad is None): its slots stay bit-equal.
 */
export interface Optimizer {
  readonly id: string
  /** The same rule for an engine that computes whole steps; without it, steps are computed eagerly. */
  readonly onEngine?: EngineRule
  /**
   * One step of one variable, with its own learning rate (≥ 0), out of place.
   * @returns the new values, in a new array; `value` and `gradient`, of the same length, stay as they are
   * @throws LayergymError `optimizer.length`, `optimizer.learning-rate`
   */
  update(name: string, value: Float32Array, gradient: Float32Array, learningRate: number): Float32Array
  /** References, not copies: no later update writes into them. */
  state(): OptimizerState
  /** @throws LayergymError `optimizer.state` when it was made by another rule */
  restore(state: OptimizerState): void
}

/**
 * SGD, Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), equal to PyTorch's to 1e-6
 * (test/golden/torch_optimizers.py).
 * @throws LayergymError `optimizer.unknown`, `optimizer.option`
 */
export function createOptimizer(options: OptimizerOptions): Optimizer {
  const { kind } = options
  if (!optimizerKinds.includes(kind)) throw unknownName('optimizer', kind, optimizerKinds)
  refuseOptionsOf(kind === 'sgd' ? ['betas', 'epsilon'] : ['momentum', 'nesterov'], options)
  if (kind === 'sgd') return new KeyedOptimizer(kind, ...sgd(options))
  if (kind === 'adam') refuseOptionsOf(['weightDecay'], options)
  return new KeyedOptimizer(kind, ...adamw(kind === 'adam' ? { ...options, weightDecay: 0 } : options))
}

/** torch/optim/sgd.py, `_single_tensor_sgd`, without dampening. */
function sgd(options: OptimizerOptions): Rules {
  const momentum = inRange('momentum', options.momentum ?? 0, 1)
  const weightDecay = inRange('weightDecay', options.weightDecay ?? 0)
  const nesterov = options.nesterov ?? false
  if (nesterov && momentum === 0)
    throw inputError(
      'optimizer.option',
      'nesterov needs momentum: give momentum, e.g. 0.9, or leave nesterov out',
    )
  const rule: Rule = {
    slots: momentum === 0 ? [] : ['momentum'],
    apply(value, gradient, rate, _step, from, [buffer]) {
      const result = new Float32Array(value.length)
      const length = value.length
      const decay = weightDecay
      if (buffer === undefined) {
        for (let i = 0; i < length; i++) result[i] = value[i] - rate * (gradient[i] + decay * value[i])
        return result
      }
      // A new buffer holds zeros, so that the first step's becomes the gradient itself, as torch has it.
      const [last] = from ?? [buffer]
      const keep = momentum
      const [ofSlope, ofBuffer] = nesterov ? [1, momentum] : [0, 1]
      for (let i = 0; i < length; i++) {
        const slope = gradient[i] + decay * value[i]
        const moved = keep * last[i] + slope
        buffer[i] = moved
        result[i] = value[i] - rate * (ofSlope * slope + ofBuffer * moved)
      }
      return result
    },
  }
  return [rule, sgdRule(momentum, weightDecay, nesterov)]
}

/** torch/optim/adam.py, `_single_tensor_adam` with decoupled_weight_decay. */
function adamw(options: OptimizerOptions): Rules {
  const [beta1, beta2] = options.betas ?? [0.9, 0.999]
  inRange('betas[0]', beta1, 1)
  inRange('betas[1]', beta2, 1)
  const epsilon = inRange('epsilon', options.epsilon ?? 1e-8)
  const weightDecay = inRange('weightDecay', options.weightDecay ?? 0.01)
  const rule: Rule = {
    slots: ['m', 'v'],
    apply(value, gradient, rate, step, from, [m, v]) {
      const [lastM, lastV] = from ?? [m, v] // new slots hold zeros: there both moments start
      const result = new Float32Array(value.length)
      const stepSize = rate / (1 - beta1 ** step)
      const scale = 1 / Math.sqrt(1 - beta2 ** step)
      // Torch rounds the decay factor and the decayed weight to float32; over steps the difference would add up.
      const kept = Math.fround(1 - rate * weightDecay)
      // Locals, since V8 reads what a closure captured, and a length, anew for every element.
      const [keep1, take1, keep2, take2, floor] = [beta1, 1 - beta1, beta2, 1 - beta2, epsilon]
      const length = value.length
      for (let i = 0; i < length; i++) {
        const slope = gradient[i]
        const first = keep1 * lastM[i] + take1 * slope
        const second = keep2 * lastV[i] + take2 * slope * slope
        m[i] = first
        v[i] = second
        result[i] = Math.fround(kept * value[i]) - (stepSize * first) / (Math.sqrt(second) * scale + floor)
      }
      return result
    },
  }
  return [rule, adamwRule([beta1, beta2], epsilon, weightDecay)]
}

type Rules = readonly [Rule, EngineRule]

interface Rule {
  /** Names of a variable's slots. */
  readonly slots: readonly string[]
  /** Returns the new values and fills the new slots `to`; `from` are the last step's, if there was one. */
  apply(
    value: Float32Array,
    gradient: Float32Array,
    learningRate: number,
    step: number,
    from: readonly Float32Array[] | undefined,
    to: readonly Float32Array[],
  ): Float32Array
}

class KeyedOptimizer implements Optimizer {
  private variables = new Map<string, VariableState>()

  constructor(
    readonly id: OptimizerKind,
    private readonly rule: Rule,
    readonly onEngine: EngineRule,
  ) {}

  update(name: string, value: Float32Array, gradient: Float32Array, learningRate: number): Float32Array {
    const last = this.variables.get(name)
    const from = last && this.rule.slots.map(slot => last.slots[slot])
    for (const array of [gradient, ...(from ?? [])]) {
      if (array.length !== value.length)
        throw failure(
          'optimizer.length',
          `'${name}' has ${value.length} values, but its gradient or a slot has ${array.length}: give arrays of one variable, and one name to each`,
        )
    }
    if (!(learningRate >= 0 && Number.isFinite(learningRate)))
      throw inputError(
        'optimizer.learning-rate',
        `learning rate ${learningRate} of '${name}': give a finite number of at least 0`,
      )
    const to = this.rule.slots.map(() => new Float32Array(value.length))
    const step = (last?.step ?? 0) + 1
    const result = this.rule.apply(value, gradient, learningRate, step, from, to)
    const slots = Object.fromEntries(this.rule.slots.map((slot, i) => [slot, to[i]]))
    this.variables.set(name, { step, slots })
    return result
  }

  state(): OptimizerState {
    return Object.fromEntries(this.variables)
  }

  restore(state: OptimizerState): void {
    const expected = [...this.rule.slots].sort().join(', ')
    for (const [name, { slots }] of Object.entries(state)) {
      const given = Object.keys(slots).sort().join(', ')
      if (given !== expected)
        throw inputError(
          'optimizer.state',
          `the state of '${name}' has the slots (${given}), but ${this.id} as configured keeps (${expected}): restore it into the optimizer that made it`,
        )
    }
    this.variables = new Map(Object.entries(state))
  }
}

function refuseOptionsOf(names: readonly (keyof OptimizerOptions)[], options: OptimizerOptions): void {
  for (const name of names) {
    if (options[name] === undefined) continue
    const hint = name === 'weightDecay' ? "take 'adamw'" : 'leave it out'
    throw inputError('optimizer.option', `${options.kind} has no option ${name}: ${hint}`)
  }
}

function inRange(name: string, value: number, below = Number.POSITIVE_INFINITY): number {
  if (value >= 0 && value < below) return value
  const allowed = below === 1 ? 'a number from 0 up to, not including, 1' : 'a finite number of at least 0'
  throw inputError('optimizer.option', `${name} ${value}: give ${allowed}`)
}
