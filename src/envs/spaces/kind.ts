import type { Space } from '../env.ts'

/**
 * Makes `instanceof` go by the kind of a space, whichever copy of layergym made it: a command that is installed globally
 * and a plugin with a copy of its own know each other's spaces. Classes that extend it are told as ever.
 */
export function knownByKind(own: object, kind: string): void {
  const value = function (this: object, asked: unknown): boolean {
    return this === own ? isOfKind(asked, kind) : Function.prototype[Symbol.hasInstance].call(this, asked)
  }
  Object.defineProperty(own, Symbol.hasInstance, { value })
}

function isOfKind(value: unknown, kind: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  const space = value as Partial<Space<unknown>>
  return space.kind === kind && typeof space.contains === 'function' && typeof space.flatten === 'function'
}
