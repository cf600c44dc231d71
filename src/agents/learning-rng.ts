import { inputError } from '../common/error.ts'
import { Rng } from '../common/random.ts'

/** A stream that comes back from a saved state. @throws input error when the state is none of a stream */
export function restoreRng(state: unknown): Rng {
  if (Array.isArray(state) && state.length > 0 && state.every(Number.isInteger)) return Rng.restore(state)
  throw inputError(
    'agent.state',
    `the agent's saved 'rng' is ${JSON.stringify(state)}, not the state of a random stream`,
  )
}
