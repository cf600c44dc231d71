import { inputError } from '../../common/error.ts'

/**
 * The index of a label among those that a task knows.
 * @param has what an item does with it: "is labelled"
 */
export function labelIndex(names: readonly string[], has: string): (label: string, id: string) => number {
  const indices = new Map(names.map((name, i) => [name, i]))
  return (label, id) => {
    const index = indices.get(label)
    if (index !== undefined) return index
    throw inputError('task.label', `${id} ${has} '${label}', and the classes are ${names.join(', ')}`)
  }
}

/** @throws input error for labels of the data that a model doesn't know. @param kind what has them: "classes" */
export function refuseUnknown(kind: string, names: readonly string[], known: readonly string[]): void {
  const unknown = names.filter(name => !known.includes(name))
  if (unknown.length === 0) return
  throw inputError(
    'evaluate.classes',
    `the data has ${kind} that the model doesn't know: ${unknown.join(', ')} (it knows ${known.join(', ')})`,
  )
}
