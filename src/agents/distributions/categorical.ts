import { inputError } from '../../common/error.ts'
import type { Rng } from '../../common/random.ts'
import { BYTES, LANES } from '../kernels/kernels.ts'
import { type Allotted, allotted } from '../kernels/memory.ts'
import type { ActedRows, Chosen, Distribution, Evaluated, PolicyRows } from './distribution.ts'
import { refuseLogit } from './softmax.ts'

/** [rows, outputs] but for the last four, which are [choices, room] */
type Room = Allotted<
  'logits' | 'mask' | 'logp' | 'p' | 'gradient' | 'actions' | 'chosen' | 'entropies' | 'byChosen'
>

/**
 * Independent choices, the i-th among sizes[i]: one for Discrete, several for MultiDiscrete. The outputs are their
 * logits one after the other, and so are their masks; what a mask hides has probability 0 and gradient 0 (Huang &
 * Ontañón 2022). Probabilities are made by the kernel `categorical`, in float32.
 */
export class CategoricalDistribution implements Distribution {
  readonly outputs: number
  readonly actionSize: number
  readonly parameters = new Float32Array(0)
  readonly gradient = new Float32Array(0)
  /** Where each choice's logits are in a row. */
  private readonly choices: readonly { readonly from: number; readonly count: number }[]
  /** Rows that there is room for, whole vectors of them. */
  private room = 0
  private own: Room
  /** Of the last call. */
  private rows = 0

  constructor(
    sizes: readonly number[],
    private readonly toAction: (choices: readonly number[]) => unknown,
  ) {
    let from = 0
    this.choices = sizes.map(count => {
      from += count
      return { from: from - count, count }
    })
    this.outputs = from
    this.actionSize = sizes.length
    this.own = this.roomFor(1)
  }

  choose(states: PolicyRows, rng: Rng | undefined): Chosen {
    const { p, logp, actions, chosen } = this.roomFor(states.rows)
    const { rows, outputs, actionSize, choices } = this
    this.normalize(states)
    chosen.fill(0, 0, rows)
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < actionSize; c++) {
        const from = row * outputs + choices[c].from
        const action =
          rng === undefined ? likeliest(p, from, choices[c].count) : drawn(p, from, choices[c].count, rng)
        if (p[from + action] === 0) {
          throw inputError(
            'mask.empty',
            'the mask allows no action: at least one entry of a choice must be 1',
          )
        }
        actions[row * actionSize + c] = action
        chosen[row] += logp[from + action]
      }
    }
    return { actions: actions.subarray(0, rows * actionSize), logProbabilities: chosen.subarray(0, rows) }
  }

  decode(actions: Float32Array, row: number): unknown {
    const from = row * this.actionSize
    return this.toAction(
      this.actionSize === 1 ? [actions[from]] : [...actions.subarray(from, from + this.actionSize)],
    )
  }

  encode(action: unknown): ArrayLike<number> {
    return typeof action === 'number' ? [action] : (action as readonly number[])
  }

  evaluate({ actions: done, ...states }: ActedRows): Evaluated {
    const { actions, chosen, entropies } = this.roomFor(states.rows)
    const { rows, actionSize, room } = this
    if (actionSize === 1) actions.set(done)
    else {
      for (let row = 0; row < rows; row++)
        for (let c = 0; c < actionSize; c++) actions[c * room + row] = done[row * actionSize + c]
    }
    this.normalize(states)
    return { logProbabilities: this.summed(chosen), entropies: this.summed(entropies) }
  }

  /** ∂log π(a)/∂logit_i = 1[i = a] − p_i; ∂H/∂logit_i = −p_i (log p_i + H): the kernel `categoricalGradient`. */
  differentiate(byLogProbability: ArrayLike<number>, byEntropy: number): Float32Array {
    const { rows, outputs, own, choices } = this
    const { kernels, at } = own
    const each = BYTES * this.room
    own.byChosen.set(byLogProbability)
    for (let c = 0; c < choices.length; c++) {
      const { from, count } = choices[c]
      const [actions, entropies] = [at.actions + c * each, at.entropies + c * each]
      kernels.categoricalGradient(
        ...([
          at.byChosen,
          actions,
          at.logp,
          at.p,
          entropies,
          at.gradient,
          rows,
          outputs,
          from,
          count,
          byEntropy,
        ] as const),
      )
    }
    return own.gradient.subarray(0, rows * outputs)
  }

  /**
   * log p and p of every choice, and of what `actions` holds, [choices, room].
   * @throws failure when a logit is not finite: the policy network has diverged
   */
  private normalize({ outputs: logits, masks }: PolicyRows): void {
    const { rows, outputs, own } = this
    const { kernels, at } = own
    const each = BYTES * this.room
    for (let i = 0; i < rows * outputs; i++) if (!Number.isFinite(logits[i])) refuseLogit(logits[i])
    own.logits.set(logits.length === rows * outputs ? logits : logits.subarray(0, rows * outputs))
    const isMasked = masks?.some(mask => mask !== undefined) ?? false
    for (let row = 0; isMasked && row < rows; row++) {
      const mask = masks?.[row]
      if (mask === undefined) own.mask.fill(1, row * outputs, (row + 1) * outputs)
      else own.mask.set(mask, row * outputs)
    }
    for (let c = 0; c < this.choices.length; c++) {
      const { from, count } = this.choices[c]
      const mask = isMasked ? at.mask : 0
      const [actions, chosen, entropies] = [
        at.actions + c * each,
        at.chosen + c * each,
        at.entropies + c * each,
      ]
      kernels.categorical(
        at.logits,
        mask,
        actions,
        at.logp,
        at.p,
        chosen,
        entropies,
        rows,
        outputs,
        from,
        count,
      )
    }
  }

  /** Of [choices, room], over the choices, [rows] */
  private summed(ofChoices: Float32Array): Float32Array {
    const { rows, room, actionSize } = this
    if (actionSize === 1) return ofChoices.subarray(0, rows)
    const sums = ofChoices.slice(0, rows)
    for (let c = 1; c < actionSize; c++)
      for (let row = 0; row < rows; row++) sums[row] += ofChoices[c * room + row]
    return sums
  }

  private roomFor(rows: number): Room {
    this.rows = rows
    if (rows <= this.room) return this.own
    this.room = LANES * Math.ceil(Math.max(rows, 2 * this.room) / LANES)
    const [all, each] = [this.room * this.outputs, this.room * this.actionSize]
    const ofOutputs = { logits: all, mask: all, logp: all, p: all, gradient: all }
    const ofChoices = { actions: each, chosen: each, entropies: each }
    this.own = allotted({ ...ofOutputs, ...ofChoices, byChosen: this.room })
    return this.own
  }
}

/** The place of the largest of some probabilities, the first of equals. */
function likeliest(p: Float32Array, from: number, count: number): number {
  let best = 0
  for (let i = 1; i < count; i++) if (p[from + i] > p[from + best]) best = i
  return best
}

/** A place by its probability; never one of probability 0, unless all are. */
function drawn(p: Float32Array, from: number, count: number, rng: Rng): number {
  let left = rng.next()
  let last = 0
  for (let i = 0; i < count; i++) {
    if (p[from + i] === 0) continue
    last = i
    left -= p[from + i]
    if (left < 0) return i
  }
  // Rounding can leave a sliver above the sum of the probabilities.
  return last
}
