import type { ClassFacts } from '../../src/models/tasks/classification.ts'
import { classification } from '../../src/models/tasks/classification.ts'
import type { Outcomes, Task } from '../../src/models/tasks/task.ts'

/** A classifier of these classes, as many train clips of each unless `facts` says otherwise. */
export function classTask(classes: number | readonly string[], facts: Partial<ClassFacts> = {}): Task {
  const names = typeof classes === 'number' ? Array.from({ length: classes }, (_, i) => String(i)) : classes
  return classification('action-recognition', 'for tests').create({ classes: names, ...facts })
}

/** What a model that is right about some came to; what it said of the others is no class. */
export function outcomesOf(given: {
  readonly losses: ArrayLike<number>
  readonly correct: ArrayLike<number>
  readonly labels: ArrayLike<number>
}): Outcomes<unknown, unknown> {
  const targets = Array.from(given.labels)
  const predictions = targets.map((own, i) => ({
    label: given.correct[i] ? own : -1,
    probabilities: Float32Array.of(),
  }))
  return { targets, predictions, losses: given.losses }
}
