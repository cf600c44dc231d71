import type { Rng } from '../common/random.ts'
import { BYTES, type Kernels } from './kernels/kernels.ts'
import { allotted } from './kernels/memory.ts'
import { orthogonal } from './orthogonal.ts'

/** Sizes of a GRU, and the stream of its initial weights. */
export interface GruOptions {
  readonly inputs: number
  readonly units: number
  readonly rng: Rng
}

/** Sequences side by side, of one length: what is shorter begins later, and what follows its end isn't looked at. */
export interface Sequences {
  /** Inputs, [steps, sequences, inputs] row-major. */
  readonly inputs: Float32Array
  readonly steps: number
  readonly sequences: number
  /** State that each begins with, [sequences, units]. */
  readonly initial: Float32Array
  /** The step that each begins at; default: 0. */
  readonly starts?: Int32Array
}

/**
 * A gated recurrent unit (Cho et al. 2014) on the kernels, as torch.nn.GRU with one layer:
 * r = σ(W_r x + b_r + U_r h + c_r), z = σ(W_z x + b_z + U_z h + c_z), n = tanh(W_n x + b_n + r (U_n h + c_n)),
 * h′ = (1 − z) n + z h.
 *
 * `parameters` holds W [3 units, inputs], U [3 units, units], b and c [3 units], gates in the order r, z, n. What `forward`
 * and `backward` return stays valid until their next call, which writes over it.
 */
export class Gru {
  readonly inputs: number
  readonly units: number
  readonly parameters: Float32Array
  private readonly at: Offsets
  private buffers: Buffers
  private capacity = { rows: 0, sequences: 0 }
  private last = { steps: 0, sequences: 0, starts: new Int32Array(0) }

  constructor({ inputs, units, rng }: GruOptions) {
    this.inputs = inputs
    this.units = units
    this.at = offsetsOf(inputs, units)
    this.parameters = new Float32Array(this.at.size)
    for (let gate = 0; gate < 3; gate++) {
      this.parameters.set(orthogonal(units, inputs, 1, rng), this.at.w + gate * units * inputs)
      this.parameters.set(orthogonal(units, units, 1, rng), this.at.u + gate * units * units)
    }
    // Remembers at first: what is kept is σ(1) of the state.
    this.parameters.fill(1, this.at.b + units, this.at.b + 2 * units)
    this.buffers = this.layOut(8, 8)
  }

  /** Every step's state, [steps, sequences, units]; remembers what `backward` needs. */
  forward({ inputs, steps, sequences, initial, starts }: Sequences): Float32Array {
    const { units, at } = this
    const [rows, gates] = [steps * sequences, 3 * units]
    this.reserve(rows, sequences)
    const { kernels, copy, x, before, ofInput, ofState, states, transposedW, transposedU } = this.buffers
    copy.set(this.parameters)
    x.set(inputs.length === rows * this.inputs ? inputs : inputs.subarray(0, rows * this.inputs))
    const address = (offset: number) => copy.byteOffset + BYTES * offset
    const [w, u] = [transposedW.byteOffset, transposedU.byteOffset]
    kernels.transpose(address(at.w), w, gates, this.inputs)
    kernels.transpose(address(at.u), u, gates, units)
    const ofInputs = [x.byteOffset, this.inputs, 1, w, address(at.b), ofInput.byteOffset] as const
    kernels.multiply(...ofInputs, rows, this.inputs, gates)
    for (let t = 0; t < steps; t++) {
      const [row, earlier] = [t * sequences, (t - 1) * sequences]
      for (let s = 0; s < sequences; s++) {
        const begins = t === 0 || t <= (starts?.[s] ?? 0)
        const [source, from] = begins ? [initial, s * units] : [states, (earlier + s) * units]
        const to = (row + s) * units
        for (let i = 0; i < units; i++) before[to + i] = source[from + i]
      }
      const h = before.byteOffset + BYTES * row * units
      const g = ofState.byteOffset + BYTES * row * gates
      kernels.multiply(h, units, 1, u, address(at.c), g, sequences, units, gates)
      this.gate(row, row + sequences)
    }
    this.last = { steps, sequences, starts: starts?.slice() ?? new Int32Array(sequences) }
    return states.subarray(0, rows * units)
  }

  /**
   * ∂loss/∂parameters from ∂loss/∂states of the last `forward`, through time back to the step `from`: earlier ones are
   * replayed for their state alone. It is 0 where a sequence hasn't begun or has ended.
   */
  backward(stateGradient: Float32Array, from = 0): Float32Array {
    const { units, inputs, at } = this
    const { steps, sequences, starts } = this.last
    const gates = 3 * units
    const { kernels, copy, gradient, x, before, deltaInput, deltaState, carried, through } = this.buffers
    carried.fill(0)
    for (let t = steps - 1; t >= from; t--) {
      const row = t * sequences
      this.ungate(row, row + sequences, stateGradient)
      // What reached the state before: through the gates, and kept by z.
      const delta = deltaState.byteOffset + BYTES * row * gates
      const weights = copy.byteOffset + BYTES * at.u
      kernels.multiply(delta, gates, 1, weights, 0, through.byteOffset, sequences, gates, units)
      for (let s = 0; s < sequences; s++) {
        const begins = t <= starts[s]
        for (let i = s * units; i < (s + 1) * units; i++) carried[i] = begins ? 0 : carried[i] + through[i]
      }
    }
    const [first, rows] = [from * sequences, (steps - from) * sequences]
    const g = gradient.byteOffset
    const deltaX = deltaInput.byteOffset + BYTES * first * gates
    const deltaH = deltaState.byteOffset + BYTES * first * gates
    const [xs, hs] = [x.byteOffset + BYTES * first * inputs, before.byteOffset + BYTES * first * units]
    kernels.multiply(deltaX, 1, gates, xs, 0, g + BYTES * at.w, gates, rows, inputs)
    kernels.multiply(deltaH, 1, gates, hs, 0, g + BYTES * at.u, gates, rows, units)
    kernels.columnSums(deltaX, g + BYTES * at.b, rows, gates)
    kernels.columnSums(deltaH, g + BYTES * at.c, rows, gates)
    return gradient
  }

  /** Gates and states of rows, from what the input and the state gave: r, z and n are kept in place of the former. */
  private gate(from: number, to: number): void {
    const { units } = this
    const { ofInput, ofState, before, states } = this.buffers
    for (let row = from; row < to; row++) {
      const [g, h] = [row * 3 * units, row * units]
      for (let i = 0; i < units; i++) {
        const [ri, zi, ni] = [g + i, g + units + i, g + 2 * units + i]
        const r = 1 / (1 + Math.exp(-ofInput[ri] - ofState[ri]))
        const z = 1 / (1 + Math.exp(-ofInput[zi] - ofState[zi]))
        const n = Math.tanh(ofInput[ni] + r * ofState[ni])
        ofInput[ri] = r
        ofInput[zi] = z
        ofInput[ni] = n
        states[h + i] = (1 - z) * n + z * before[h + i]
      }
    }
  }

  /** The gradient by the gates' sums of rows; `carried` holds that by the states at first, and its kept part afterwards. */
  private ungate(from: number, to: number, stateGradient: Float32Array): void {
    const { units } = this
    const { ofInput, ofState, before, deltaInput, deltaState, carried } = this.buffers
    for (let row = from; row < to; row++) {
      const [g, h, c] = [row * 3 * units, row * units, (row - from) * units]
      for (let i = 0; i < units; i++) {
        const [ri, zi, ni] = [g + i, g + units + i, g + 2 * units + i]
        const [r, z, n] = [ofInput[ri], ofInput[zi], ofInput[ni]]
        const d = stateGradient[h + i] + carried[c + i]
        const byN = d * (1 - z) * (1 - n * n)
        const byZ = d * (before[h + i] - n) * z * (1 - z)
        const byR = byN * ofState[ni] * r * (1 - r)
        deltaInput[ri] = byR
        deltaInput[zi] = byZ
        deltaInput[ni] = byN
        deltaState[ri] = byR
        deltaState[zi] = byZ
        deltaState[ni] = byN * r
        carried[c + i] = d * z
      }
    }
  }

  private reserve(rows: number, sequences: number): void {
    const { capacity } = this
    if (rows <= capacity.rows && sequences <= capacity.sequences) return
    const grown = (asked: number, has: number) => (asked > has ? Math.max(asked, 2 * has) : has)
    this.buffers = this.layOut(grown(rows, capacity.rows), grown(sequences, capacity.sequences))
  }

  /** Parameters, their gradient, and rows, one after the other in a memory that is large enough. */
  private layOut(rows: number, sequences: number): Buffers {
    const { inputs, units, at } = this
    const gates = 3 * units
    this.capacity = { rows, sequences }
    return allotted({
      copy: at.size,
      gradient: at.size,
      transposedW: gates * inputs,
      transposedU: gates * units,
      x: rows * inputs,
      before: rows * units,
      ofInput: rows * gates,
      ofState: rows * gates,
      states: rows * units,
      deltaInput: rows * gates,
      deltaState: rows * gates,
      carried: sequences * units,
      through: sequences * units,
    })
  }
}

interface Buffers {
  readonly kernels: Kernels
  readonly copy: Float32Array
  readonly gradient: Float32Array
  readonly transposedW: Float32Array
  readonly transposedU: Float32Array
  readonly x: Float32Array
  /** Each row's state before its step. */
  readonly before: Float32Array
  readonly ofInput: Float32Array
  readonly ofState: Float32Array
  readonly states: Float32Array
  readonly deltaInput: Float32Array
  readonly deltaState: Float32Array
  /** ∂loss/∂state of the step before, [sequences, units], and the part of it through the gates. */
  readonly carried: Float32Array
  readonly through: Float32Array
}

/** Where W, U, b and c begin, and the number of all. */
interface Offsets {
  readonly w: number
  readonly u: number
  readonly b: number
  readonly c: number
  readonly size: number
}

function offsetsOf(inputs: number, units: number): Offsets {
  const gates = 3 * units
  const u = gates * inputs
  const b = u + gates * units
  return { w: 0, u, b, c: b + gates, size: b + 2 * gates }
}
