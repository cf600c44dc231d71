import { describe, expect, test } from 'vitest'
import { Gru } from '../../src/agents/gru.ts'
import { Layout } from '../../src/agents/kernels/kernels.ts'
import { Mlp } from '../../src/agents/mlp.ts'
import { Rng } from '../../src/common/random.ts'

const rng = () => Rng.of(3, 'gru')
const wave = (length: number, from = 0) => Float32Array.from({ length }, (_, i) => Math.sin(7 * (i + from)))

/** One step of torch.nn.GRU's documentation, in float64. */
function reference(gru: Gru, x: ArrayLike<number>, h: ArrayLike<number>): number[] {
  const { inputs, units, parameters } = gru
  const gates = 3 * units
  const [u, b] = [gates * inputs, gates * inputs + gates * units]
  const row = (from: number, width: number, v: ArrayLike<number>) =>
    Array.from({ length: width }, (_, i) => parameters[from + i] * v[i]).reduce((s, y) => s + y, 0)
  const ofInput = (j: number) => row(j * inputs, inputs, x) + parameters[b + j]
  const ofState = (j: number) => row(u + j * units, units, h) + parameters[b + gates + j]
  const sigma = (y: number) => 1 / (1 + Math.exp(-y))
  return Array.from({ length: units }, (_, i) => {
    const r = sigma(ofInput(i) + ofState(i))
    const z = sigma(ofInput(units + i) + ofState(units + i))
    const n = Math.tanh(ofInput(2 * units + i) + r * ofState(2 * units + i))
    return (1 - z) * n + z * h[i]
  })
}

function made(): Gru {
  const gru = new Gru({ inputs: 3, units: 5, rng: rng() })
  for (let i = 0; i < gru.parameters.length; i++) gru.parameters[i] += 0.1 * Math.cos(i)
  return gru
}

describe('GRU', () => {
  test('is torch.nn.GRU, step by step; a sequence that begins later begins with its state', () => {
    const gru = made()
    const [steps, sequences] = [6, 2]
    const inputs = wave(steps * sequences * 3)
    const initial = wave(sequences * 5, 50)
    const starts = Int32Array.of(0, 2)
    const states = gru.forward({ inputs, steps, sequences, initial, starts }).slice()
    for (let s = 0; s < sequences; s++) {
      let h: ArrayLike<number> = initial.subarray(s * 5, (s + 1) * 5)
      for (let t = starts[s]; t < steps; t++) {
        const row = t * sequences + s
        h = reference(gru, inputs.subarray(row * 3, row * 3 + 3), h)
        for (const [i, y] of Array.from(h).entries()) expect(states[row * 5 + i]).toBeCloseTo(y, 5)
      }
    }
  })

  test.each([0, 2])('its gradient is that of differences, back to step %i', from => {
    const gru = made()
    const [steps, sequences] = [7, 3]
    const inputs = wave(steps * sequences * 3)
    const starts = Int32Array.of(0, 1, from)
    const direction = wave(steps * sequences * 5, 11)
    // Nothing is asked of what hasn't begun, or is only replayed.
    for (let t = 0; t < steps; t++)
      for (let s = 0; s < sequences; s++)
        if (t < Math.max(from, starts[s]))
          direction.fill(0, (t * sequences + s) * 5, (t * sequences + s + 1) * 5)
    const whole = { inputs, steps, sequences, initial: wave(sequences * 5, 50), starts }
    const states = gru.forward(whole).slice()
    const gradient = gru.backward(direction, from).slice()
    // Of the part that is learned from alone, with the state that led there held.
    const rest = {
      inputs: inputs.slice(from * sequences * 3),
      steps: steps - from,
      sequences,
      initial: from === 0 ? whole.initial : states.slice((from - 1) * sequences * 5, from * sequences * 5),
      starts: starts.map(start => Math.max(0, start - from)),
    }
    if (from > 0) rest.initial.set(whole.initial.subarray(10, 15), 10) // the last begins there
    const loss = () =>
      gru.forward(rest).reduce((sum, h, i) => sum + h * direction[from * sequences * 5 + i], 0)
    for (let i = 0; i < gru.parameters.length; i += 7) {
      const own = gru.parameters[i]
      gru.parameters[i] = own + 1e-2
      const above = loss()
      gru.parameters[i] = own - 1e-2
      const slope = (above - loss()) / 2e-2
      gru.parameters[i] = own
      expect(gradient[i]).toBeCloseTo(slope, 2)
    }
  })
})

test('a GRU that meets one sequence more each time takes room for twice the rows at most', () => {
  const gru = made()
  let states: Float32Array = new Float32Array(0)
  for (let sequences = 1; sequences <= 64; sequences++) {
    const inputs = wave(2 * sequences * 3)
    states = gru.forward({ inputs, steps: 2, sequences, initial: new Float32Array(sequences * 5) })
  }
  const floatsOfRow = 3 + 2 * 5 + 4 * 15 + 2 * 5
  expect(states.buffer.byteLength).toBeLessThan(2 * 128 * 4 * floatsOfRow + 16384)
})

test('a memory beyond what kernels can address is refused before it is asked for', () => {
  const layout = new Layout()
  layout.reserve(2 ** 28)
  expect(() => layout.reserve(2 ** 28)).toThrow(/at most 2147483647: give smaller layers/)
})

test('a perceptron’s gradient by its inputs is that of differences', () => {
  const network = new Mlp({ inputs: 3, outputs: 2, hidden: [6], rng: rng() })
  const batch = wave(12)
  const direction = wave(8, 5)
  const loss = (given: Float32Array) =>
    network.forward(given, 4).reduce((sum, y, i) => sum + y * direction[i], 0)
  loss(batch)
  network.backward(direction)
  const gradient = network.inputGradient().slice()
  for (let i = 0; i < 12; i++) {
    const moved = (by: number) => loss(batch.map((x, j) => (i === j ? x + by : x)))
    expect(gradient[i]).toBeCloseTo((moved(1e-2) - moved(-1e-2)) / 2e-2, 2)
  }
})
