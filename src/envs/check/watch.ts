import { interrupted } from '../../common/error.ts'

export interface Patience {
  /** How long a promise that a call returned may take to settle; default 30. */
  readonly timeoutSeconds?: number
  /** Ends a check at once, as `interrupted`. */
  readonly signal?: AbortSignal
}

/** What ends a check: a call that never does. */
export class NeverEnded extends Error {}

/**
 * Sees to it that a check ends though a promise of what it checks doesn't settle. The work that waited for it is given
 * up where it stands, so nothing in it needs to know. A synchronous call that never returns can't be helped.
 */
export class Watch {
  private readonly seconds: number
  private readonly signal: AbortSignal | undefined
  private broken = false
  private readonly end: Promise<never>
  private giveUp: (reason: Error) => void = () => undefined

  constructor({ timeoutSeconds = 30, signal }: Patience = {}) {
    this.seconds = timeoutSeconds
    this.signal = signal
    this.end = new Promise((_, reject) => {
      this.giveUp = reason => {
        this.broken = true
        reject(reason)
      }
    })
    this.end.catch(() => undefined)
  }

  /** The same object; promises that its methods return are timed. */
  over<T extends object>(object: T): T {
    // Not a proxy of the object itself, which may hold members that a proxy is not allowed to replace.
    return new Proxy(Object.create(Object.getPrototypeOf(object)), {
      get: (_, key) => {
        const value: unknown = Reflect.get(object, key, object)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => this.timed(String(key), value.apply(object, args))
      },
    })
  }

  /**
   * The work's result.
   * @throws NeverEnded when a watched call doesn't end, interrupted when the signal says so
   */
  async within<T>(work: () => Promise<T>): Promise<T> {
    const stop = () => this.giveUp(interrupted())
    if (this.signal?.aborted) throw interrupted()
    this.signal?.addEventListener('abort', stop)
    try {
      return await Promise.race([work(), this.end])
    } finally {
      this.signal?.removeEventListener('abort', stop)
    }
  }

  private timed(name: string, result: unknown): unknown {
    if (!isThenable(result)) return result
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.giveUp(
          new NeverEnded(
            `${name}() returned a promise that has not settled after ${this.seconds} s: ` +
              'resolve or reject it on every path, or allow it more time (timeoutSeconds)',
          ),
        )
      }, this.seconds * 1000)
      // Once given up, whoever waited must not go on behind the back of what comes next.
      const then = (settle: (value: unknown) => void) => (value: unknown) => {
        clearTimeout(timer)
        if (!this.broken) settle(value)
      }
      result.then(then(resolve), then(reject))
    })
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
