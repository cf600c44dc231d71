import { inputError, LayergymError, messageOf } from '../common/error.ts'
import type { AgentState } from './agent.ts'

/** Float32Arrays as JSON-safe text: base64 of their little-endian bytes, so that every bit returns. */
export function pack(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
}

/**
 * Reads what `pack` wrote into an array that exists already.
 * @throws input error when it is no such text or of another length: the state is of another agent or network
 */
export function unpackInto(target: Float32Array, packed: unknown, name: string): void {
  const bytes = typeof packed === 'string' ? Uint8Array.from(Buffer.from(packed, 'base64')) : undefined
  if (bytes?.byteLength !== target.byteLength) {
    const given = bytes === undefined ? typeof packed : `${bytes.byteLength / 4} numbers`
    throw inputError(
      'agent.state',
      `the agent's saved '${name}' is ${given}, but ${target.length} numbers are needed: ` +
        'it comes from another agent, network size or set of features',
    )
  }
  target.set(new Float32Array(bytes.buffer))
}

/** Numbers in a packed text, before anything is made of it; undefined where it is no such text. */
export function packedLength(packed: unknown): number | undefined {
  return typeof packed === 'string' ? Buffer.byteLength(packed, 'base64') / 4 : undefined
}

/** A count in a saved state. */
export function readCount(value: unknown, name: string): number {
  if (Number.isInteger(value) && (value as number) >= 0) return value as number
  throw inputError('agent.state', `the agent's saved '${name}' is ${JSON.stringify(value)}, not a count`)
}

/** A part of a saved state that is a state itself. */
export function readPart(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  throw inputError('agent.state', `the agent's saved '${name}' is missing: the state is of another agent`)
}

/**
 * Puts a saved state into an agent.
 * @throws input error when it doesn't fit, whatever the agent itself makes of that
 */
export function restoreAgent(agent: { restore(state: AgentState): void }, state: unknown): void {
  try {
    agent.restore(readPart(state, 'state'))
  } catch (error) {
    if (error instanceof LayergymError) throw error
    throw inputError(
      'agent.state',
      `the agent's saved state can't be put back (${messageOf(error)}): it is damaged, or of another agent`,
      { cause: error },
    )
  }
}
