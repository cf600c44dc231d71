import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { z } from 'zod'
import type { Arithmetic } from '../../agents/kernels/kernels.ts'
import { type ErrorKind, inputError, LayergymError, messageOf } from '../../common/error.ts'
import { decode, encode } from '../runs/codec.ts'
import type { Order } from '../runs/crew.ts'
import type { RunEvent } from '../runs/events.ts'

const packageJson = createRequire(import.meta.url)('../../../package.json') as { readonly version: string }

/** Of layergym. */
export const VERSION = packageJson.version

/** A path of a run's settings, and what lies there. */
export interface Parcel {
  /** As the settings have it. */
  readonly path: string
  /** By their place below the root of the disk. */
  readonly files: readonly { readonly name: string; readonly sha256: string }[]
}

/** What is sent to whoever does a unit. */
export interface Work extends Order {
  readonly version: string
  /** Of the agents' kernels where it was asked for: others come to other bits. */
  readonly arithmetic: Arithmetic
  readonly kind: string
  readonly config: Readonly<Record<string, unknown>>
  /** The run's folder, for processes of its machine. */
  readonly dir?: string
  /** What its paths hold, for processes of other machines. */
  readonly parcels?: readonly Parcel[]
  /** By whom it was done the first time: now it should be another. */
  readonly avoid?: string
}

/** What an error says beyond its process. */
export interface Trouble {
  readonly kind?: ErrorKind
  readonly code?: string
  readonly message: string
}

/** What comes back. */
export interface Product {
  readonly version: string
  /** Who did it: its host, its process there and which of that one's it is. */
  readonly worker: string
  readonly seconds: number
  readonly outcome?: unknown
  readonly digest?: string
  readonly records?: readonly unknown[]
  /** What happened on the way, to be recorded. */
  readonly events: readonly RunEvent[]
  /** Written in the run's folder, base64 by path; absent where the process worked there. */
  readonly files?: Readonly<Record<string, string>>
  /** Of the unit; then it came to nothing else. */
  readonly trouble?: Trouble
}

/** What a process of a crew is told and tells, beside the text of works and products. */
export type ToChild = { readonly work: string } | { readonly stop: true }
export type FromChild =
  | { readonly product: string }
  /** It can't do units of this run at all, and why. */
  | { readonly unable: Trouble }
  /** For the moment only. */
  | { readonly event: RunEvent }

/** The environment variable that tells a process its name. */
export const NAME = 'LAYERGYM_WORKER'

export const textOf = (value: Work | Product): string => encode(value)

const workShape = z.looseObject({
  version: z.string(),
  arithmetic: z.string(),
  kind: z.string(),
  config: z.record(z.string(), z.unknown()),
  key: z.string(),
})
const productShape = z.looseObject({
  version: z.string(),
  worker: z.string(),
  seconds: z.number(),
  events: z.array(z.unknown()),
})

/** @throws input error for what isn't a unit's work */
export const workOf = (text: string): Work => read(text, workShape, 'the work of a unit') as unknown as Work
/** @throws input error for what isn't a unit's product */
export const productOf = (text: string): Product =>
  read(text, productShape, 'what a unit came to') as unknown as Product

/** Others may write to a queue too. */
function read(text: string, shape: z.ZodType, what: string): unknown {
  try {
    return shape.parse(decode(text))
  } catch {
    throw inputError('worker.unreadable', `this is not ${what}: ${JSON.stringify(text.slice(0, 60))}`)
  }
}

/** The same for the same work, wherever it is asked for. */
export function idOf({ version, arithmetic, kind, config, key, input, avoid }: Work): string {
  const { workers: _, queue: __, verify: ___, out: ____, overwrite: _____, ...lasting } = config
  const text = encode({ version, arithmetic, kind, config: lasting, key, input, again: avoid !== undefined })
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

export function troubleOf(error: unknown): Trouble {
  const message = messageOf(error)
  return error instanceof LayergymError ? { kind: error.kind, code: error.code, message } : { message }
}

export function errorOf({ kind, code, message }: Trouble): Error {
  return kind === undefined ? new Error(message) : new LayergymError(kind, code ?? '', message)
}
