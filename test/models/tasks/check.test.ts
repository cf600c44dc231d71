import { beforeAll, describe, expect, test } from 'vitest'
import type { Dataset } from '../../../src/data/dataset.ts'
import { startEngine } from '../../../src/models/engine.ts'
import { checkTask } from '../../../src/models/tasks/check.ts'
import { type ClassFacts, classification } from '../../../src/models/tasks/classification.ts'
import { BALANCES, type Outputs, type Task, type TaskDefinition } from '../../../src/models/tasks/task.ts'
import { tf } from '../../../src/models/tf.ts'

beforeAll(async () => {
  await startEngine()
})

const DATA = datasetOf(Array.from({ length: 24 }, (_, i) => ['a', 'b', 'c'][i % 3]))
const SOUND = classification('action-recognition', 'for tests')

describe('a task that keeps the contract', () => {
  test.each(BALANCES)('classification, balance %s: nothing is found', balance => {
    expect(checkTask(SOUND, { dataset: DATA, balance })).toEqual([])
    const unequal = datasetOf(Array.from({ length: 24 }, (_, i) => (i < 18 ? 'a' : 'b')))
    expect(checkTask(SOUND, { dataset: unequal, balance })).toEqual([])
  })

  test('without what it may leave out', () => {
    const bare = broken({ perItem: undefined, interval: undefined, mistake: undefined })
    expect(checkTask(bare, { dataset: DATA })).toEqual([])
  })
})

/** What breaks, and the one thing that is found. */
const BREAKS: readonly (readonly [string, string, Partial<Task> | ((sound: Task) => Partial<Task>)])[] = [
  [
    'loss.shape',
    'a mean for a loss a clip',
    sound => ({ loss: (o, t) => tf.mean(sound.loss(o, t), 0, true) as tf.Tensor1D }),
  ],
  [
    'loss.finite',
    'a loss that overflows',
    sound => ({ loss: (o, t) => tf.div(sound.loss(o, t), 0) as tf.Tensor1D }),
  ],
  [
    'loss.batch',
    'a loss that other clips change',
    sound => ({ loss: (o, t) => tf.div(sound.loss(o, t), Math.sqrt(t.length)) as tf.Tensor1D }),
  ],
  [
    'loss.activated',
    'a loss that takes probabilities for logits',
    sound => ({ loss: ({ values }, t) => sound.loss({ values, activated: false }, t) }),
  ],
  [
    'gradient.none',
    'a loss without a way back',
    sound => ({
      loss: (o, t) =>
        tf.add(tf.mul(tf.sum(o.values, -1), 0), tf.tensor1d(sound.loss(o, t).dataSync())) as tf.Tensor1D,
    }),
  ],
  ['chance', 'a chance below what a fresh head loses', { chance: 0.1 }],
  ['bounds', 'a worst below chance', { worst: 1 }],
  ['guessing.range', 'guessing that is perfect', { guessing: 1 }],
  ['guessing', 'guessing below what a fresh head scores', { guessing: 0.1 }],
  [
    'head',
    'a start of another length',
    { head: { units: 3, activation: 'softmax', start: Float32Array.of(0) } },
  ],
  [
    'score.range',
    'a score in per cent',
    sound => ({ score: o => ({ ...sound.score(o), primary: 100 * sound.score(o).primary }) }),
  ],
  ['score.loss', 'a loss of its own', sound => ({ score: o => ({ ...sound.score(o), loss: 7 }) })],
  [
    'score.parts',
    'a part that is not described',
    sound => ({ score: o => ({ ...sound.score(o), parts: { f1: 1 } }) }),
  ],
  [
    'score.perfect',
    'predictions that the loss says nothing of',
    sound => ({
      predict: o => sound.predict(o).map(one => ({ ...(one as { label: number }), label: 0 })),
    }),
  ],
  ['predict.count', 'a prediction too few', sound => ({ predict: o => sound.predict(o).slice(1) })],
  [
    'predict.tensors',
    'a tensor left behind',
    sound => ({
      predict: (o: Outputs) => {
        tf.keep(tf.scalar(1))
        return sound.predict(o)
      },
    }),
  ],
  [
    'items.points',
    'points that are not the score’s',
    sound => ({ perItem: o => ({ ...itemsOf(sound, o), points: o.targets.map(() => 2) }) }),
  ],
  [
    'items.without',
    'the whole for what is left',
    sound => ({ perItem: o => ({ ...itemsOf(sound, o), without: () => sound.score(o) }) }),
  ],
  ['interval', 'an interval beside the score', { interval: () => [1.5, 2] }],
  ['weight', 'weights of another mean', { weight: () => 2 }],
  ['answer.json', 'an answer of nothing', { answer: () => ({}) }],
  ['words', 'no words', { words: () => '' }],
  ['confusion', 'a matrix of another size', { classes: { names: ['a', 'b', 'c'], confusion: () => [[1]] } }],
  [
    'score.throws',
    'a score that throws',
    {
      score: () => {
        throw new Error('not yet')
      },
    },
  ],
]

describe('a task that breaks it', () => {
  test.each(BREAKS)('%s: %s', (code, _what, change) => {
    const found = checkTask(broken(change), { dataset: DATA }).filter(({ severity }) => severity === 'error')
    expect(found.map(one => one.code)).toContain(code)
    // One fault may show in more than one way, but not everywhere.
    expect(found.length).toBeLessThanOrEqual(4)
  })

  test('facts.json: facts that a saved model would lose', () => {
    const facts = () => ({ classes: new Set(['a', 'b', 'c']) }) as unknown as ClassFacts
    expect(codes({ ...SOUND, facts })).toEqual(['facts.json'])
  })

  test('definition.throws, target.throws: labels that it refuses, or fails at later', () => {
    const check = () => {
      throw new Error('none of these')
    }
    expect(codes({ ...SOUND, check })).toEqual(['definition.throws'])
    expect(codes(broken({ target: check }))).toEqual(['target.throws'])
  })
})

function codes(definition: TaskDefinition<ClassFacts>): readonly string[] {
  return checkTask(definition, { dataset: DATA }).map(({ code }) => code)
}

function itemsOf(task: Task, outcomes: Parameters<Task['score']>[0]) {
  if (task.perItem === undefined) throw new Error('it takes nothing apart')
  return task.perItem(outcomes)
}

function broken(change: Partial<Task> | ((sound: Task) => Partial<Task>)): TaskDefinition<ClassFacts> {
  return {
    ...SOUND,
    create(facts) {
      const sound = SOUND.create(facts)
      return Object.assign(Object.create(sound), typeof change === 'function' ? change(sound) : change)
    },
  }
}

function datasetOf(labels: readonly string[]): Dataset {
  const clips = labels.map((label, i) => ({ id: `${i}`, path: `/${i}`, label }))
  return { path: '/data', classes: [...new Set(labels)].sort(), clips, hasGroups: false, skipped: [] }
}
