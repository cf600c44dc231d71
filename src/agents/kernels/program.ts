import type { Kernels, Program } from './kernels.ts'

/** The kernels that programs are made of; their numbers are places here, as in scripts/setup/native/kernels.cc. */
const OPERATIONS = [
  'multiply',
  'transpose',
  'columnSums',
  'tanh',
  'tanhGradient',
  'relu',
  'reluGradient',
] as const

type Operation = (typeof OPERATIONS)[number]

/** A kernel and what it is called with. */
export type Call = { readonly [O in Operation]: readonly [O, ...Parameters<Kernels[O]>] }[Operation]

/** Numbers of a call: the kernel's, then its arguments. */
const CALL = 10

export function programOf(calls: readonly Call[]): Program {
  const program = new Float64Array(calls.length * CALL)
  for (const [i, [operation, ...numbers]] of calls.entries())
    program.set([OPERATIONS.indexOf(operation), ...numbers], i * CALL)
  return program
}

/** Does the calls of a program, where nothing does them all at once. */
export function interpret(kernels: Kernels, program: Program): void {
  for (let at = 0; at < program.length; at += CALL) {
    const kernel = kernels[OPERATIONS[program[at]]] as (...numbers: readonly number[]) => void
    // Spread, they would be walked through one by one.
    const [p, i] = [program, at]
    kernel(p[i + 1], p[i + 2], p[i + 3], p[i + 4], p[i + 5], p[i + 6], p[i + 7], p[i + 8], p[i + 9])
  }
}
