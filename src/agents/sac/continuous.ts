import { failure } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import { forwardBoth, type Mlp } from '../mlp.ts'
import type { Batch } from '../replay/replay.ts'
import { type ActorLoss, type Form, type Networks, smaller } from './form.ts'

const LOG_SQRT_2_PI = 0.5 * Math.log(2 * Math.PI)
/** Of log σ. */
const [LEAST, MOST] = [-5, 2]
/** Keeps log(1 − a²) finite. */
const EDGE = 1e-6

/**
 * SAC over a Box: a normal distribution whose mean and log σ are the actor's outputs, drawn through tanh to [−1, 1] and from
 * there to the bounds (Haarnoja et al. 2018). While it explores, the noise of a step is correlated with that of the
 * step before, which the decision's memory carries; each step by itself is distributed as the policy.
 */
export class ContinuousForm implements Form {
  readonly actorOutputs: number
  readonly criticInputs: number
  readonly criticOutputs = 1
  readonly actionSize: number
  readonly masked = 0
  private readonly centre: Float32Array
  private readonly half: Float32Array

  constructor(
    private readonly inputs: number,
    private readonly bounds: { readonly low: Float32Array; readonly high: Float32Array },
    private readonly settings: { readonly targetEntropy?: number; readonly noiseCorrelation: number },
  ) {
    const { low, high } = bounds
    this.actionSize = low.length
    this.actorOutputs = 2 * low.length
    this.criticInputs = inputs + low.length
    this.centre = low.map((x, i) => (x + high[i]) / 2)
    this.half = low.map((x, i) => (high[i] - x) / 2)
  }

  /** To [−1, 1]. */
  encode(action: unknown): Float32Array {
    const { centre, half } = this
    return (action as Float32Array).map((x, i) => (half[i] === 0 ? 0 : (x - centre[i]) / half[i]))
  }

  choose(outputs: Float32Array, { memory, rng }: Parameters<Form['choose']>[1]) {
    const { actionSize: size, centre, half, bounds } = this
    const { noiseCorrelation } = this.settings
    const noise = new Float32Array(size)
    if (rng !== undefined) {
      const fresh = memory === undefined ? 1 : Math.sqrt(1 - noiseCorrelation ** 2)
      for (let i = 0; i < size; i++)
        noise[i] = fresh * rng.normal() + (memory === undefined ? 0 : noiseCorrelation * memory[i])
    }
    const action = new Float32Array(size)
    for (let i = 0; i < size; i++) {
      if (!Number.isFinite(outputs[i]) || !Number.isFinite(outputs[size + i])) {
        throw failure(
          'agent.diverged',
          `the policy network gave ${outputs[i]}: it has diverged; lower the agent's learning rate`,
        )
      }
      const pulled = Math.tanh(outputs[i] + Math.exp(bounded(outputs[size + i])) * noise[i])
      action[i] = Math.min(Math.max(centre[i] + half[i] * pulled, bounds.low[i]), bounds.high[i])
    }
    return rng === undefined || noiseCorrelation === 0 ? { action } : { action, memory: noise }
  }

  nextValues(
    { nextObservations, rewards }: Batch,
    { actor, targets }: Networks,
    temperature: number,
    rng: Rng,
  ) {
    const rows = rewards.length
    const drawn = this.draw(actor, nextObservations, rows, rng)
    const inputs = this.joined(nextObservations, drawn.actions)
    const [a, b] = forwardBoth([targets[0], inputs], [targets[1], inputs], rows)
    return smaller(a, b).values.map((q, k) => q - temperature * drawn.logProbabilities[k])
  }

  valued({ observations, actions }: Batch) {
    return { inputs: this.joined(observations, actions), chosen: () => 0 }
  }

  /** By the reparametrised action a = tanh(μ + σ ε): through the critic that is smaller, and through log π. */
  actor(
    { observations, rewards }: Batch,
    { actor, critics }: Networks,
    temperature: number,
    rng: Rng,
  ): ActorLoss {
    const { actionSize: size, criticInputs } = this
    const rows = rewards.length
    const { actions, noise, logStds, clamped, logProbabilities } = this.draw(actor, observations, rows, rng)
    const inputs = this.joined(observations, actions)
    const [a, b] = forwardBoth([critics[0], inputs], [critics[1], inputs], rows)
    const { values, of } = smaller(a, b)
    const byInputs = critics.map((critic, c) =>
      critic.backwardToInput(Float32Array.from(of, which => (which === c ? -1 / rows : 0))),
    )
    const byOutputs = new Float32Array(rows * 2 * size)
    let [loss, logp] = [0, 0]
    for (let k = 0; k < rows; k++) {
      const byQ = byInputs[of[k]]
      for (let i = 0; i < size; i++) {
        const at = k * size + i
        const x = actions[at]
        const byPulled = byQ[k * criticInputs + this.inputs + i]
        const byU = (temperature * 2 * x) / rows + byPulled * (1 - x * x)
        byOutputs[k * 2 * size + i] = byU
        const byLogStd = byU * Math.exp(logStds[at]) * noise[at] - temperature / rows
        byOutputs[k * 2 * size + size + i] = clamped[at] === 1 ? 0 : byLogStd
      }
      loss += (temperature * logProbabilities[k] - values[k]) / rows
      logp += logProbabilities[k] / rows
    }
    const target = this.settings.targetEntropy ?? -size
    return { loss, gradient: actor.backward(byOutputs), entropy: -logp, target }
  }

  /** Actions in [−1, 1] and what they were made of, [rows, size]; log π of each row. */
  private draw(actor: Mlp, observations: Float32Array, rows: number, rng: Rng) {
    const { actionSize: size } = this
    const outputs = actor.forward(observations, rows)
    const make = () => new Float32Array(rows * size)
    const [actions, noise, logStds] = [make(), make(), make()]
    const clamped = new Uint8Array(rows * size)
    const logProbabilities = new Float32Array(rows)
    for (let k = 0; k < rows; k++) {
      for (let i = 0; i < size; i++) {
        const at = k * size + i
        const raw = outputs[k * 2 * size + size + i]
        const logStd = bounded(raw)
        const e = rng.normal()
        const x = Math.tanh(outputs[k * 2 * size + i] + Math.exp(logStd) * e)
        actions[at] = x
        noise[at] = e
        logStds[at] = logStd
        clamped[at] = raw === logStd ? 0 : 1
        logProbabilities[k] += -0.5 * e * e - LOG_SQRT_2_PI - logStd - Math.log(1 - x * x + EDGE)
      }
    }
    return { actions, noise, logStds, clamped, logProbabilities }
  }

  private joined(observations: Float32Array, actions: Float32Array): Float32Array {
    const { inputs, actionSize: size, criticInputs } = this
    const rows = actions.length / size
    const joined = new Float32Array(rows * criticInputs)
    for (let k = 0; k < rows; k++) {
      joined.set(observations.subarray(k * inputs, (k + 1) * inputs), k * criticInputs)
      joined.set(actions.subarray(k * size, (k + 1) * size), k * criticInputs + inputs)
    }
    return joined
  }
}

function bounded(logStd: number): number {
  return Math.min(Math.max(logStd, LEAST), MOST)
}
