/** A value that a test knows to be there. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('what the test takes for granted is missing')
  return value
}
