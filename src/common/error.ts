/** Who can act on an error decides the process's exit code: `input` → 2, `failure` → 1, `interrupted` → 130. */
export type ErrorKind = 'input' | 'failure' | 'interrupted'

const EXIT_CODES: Record<ErrorKind, number> = { input: 2, failure: 1, interrupted: 130 }

/** Every error that layergym raises on purpose: says what was given, what is allowed and what to do. */
export class LayergymError extends Error {
  override readonly name = 'LayergymError'
  readonly kind: ErrorKind
  /** A stable identifier for programs, e.g. `data.no-videos`. */
  readonly code: string

  constructor(kind: ErrorKind, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
    this.code = code
  }

  /** Of whichever copy of layergym: a plugin may bring its own. */
  static override [Symbol.hasInstance](value: unknown): value is LayergymError {
    if (!(Object.prototype.toString.call(value) === '[object Error]')) return false
    const { name, kind } = value as Partial<LayergymError>
    return name === 'LayergymError' && kind !== undefined && kind in EXIT_CODES
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind]
  }
}

/** The user gave something wrong (exit code 2). */
export function inputError(code: string, message: string, options?: ErrorOptions): LayergymError {
  return new LayergymError('input', code, message, options)
}

/** The work failed for a reason outside the input: disk full, engine lost (exit code 1). */
export function failure(code: string, message: string, options?: ErrorOptions): LayergymError {
  return new LayergymError('failure', code, message, options)
}

/** The user asked to stop (exit code 130). */
export function interrupted(message = 'interrupted'): LayergymError {
  return new LayergymError('interrupted', 'interrupted', message)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
