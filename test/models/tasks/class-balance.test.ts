import { describe, expect, test } from 'vitest'
import { classPrior, notesOnClasses, priorOf, weightsAlike } from '../../../src/models/tasks/class-balance.ts'

describe('classes of unequal size', () => {
  test('weigh so that they count alike: as much in all, 1 in the mean; one that is not there 1', () => {
    expect(weightsAlike([6, 2])).toEqual([8 / 12, 8 / 4])
    const counts = [6, 0, 3, 1]
    const weights = weightsAlike(counts)
    expect(weights[1]).toBe(1)
    expect(counts.map((count, i) => count * weights[i])).toEqual([10 / 3, 0, 10 / 3, 10 / 3].map(near))
    expect(weightsAlike([4, 4])).toEqual([1, 1])
  })

  test('are guessed by how often they occur, half a time at least, or alike where training counts them so', () => {
    expect([...classPrior([6, 0, 1.5])].map(Math.exp)).toEqual([6 / 8, 0.5 / 8, 1.5 / 8].map(near))
    expect([...priorOf([6, 2], 'none')].map(Math.exp)).toEqual([0.75, 0.25].map(near))
    for (const balance of ['weights', 'sampling'] as const)
      expect([...priorOf([6, 2, 0], balance)].map(Math.exp)).toEqual([1 / 3, 1 / 3, 1 / 3].map(near))
  })

  test('are named: the most, the fewest, and those with fewer than five clips', () => {
    const labels = [...Array(9).fill(0), ...Array(5).fill(1), ...Array(4).fill(2)]
    const notes = (balanced: boolean, balance: 'none' | 'weights' = 'none') =>
      notesOnClasses(labels, ['cat', 'dog', 'cow'], { balanced, balance })
    const scarce = "Fewer than 5 train clips of 'cow' (4): little can be learned of them."
    expect(notes(false)).toEqual([scarce])
    expect(notes(true)).toEqual([
      "Classes are unbalanced (of the train clips 'cat' has 9, 'cow' has 4): balanced accuracy, the mean over classes, is what counts; --balance weights or --balance sampling makes training count them alike.",
      scarce,
    ])
    expect(notes(true, 'weights')[0]).toMatch(/is what counts\.$/)
    expect(notesOnClasses(labels.slice(0, 14), ['cat', 'dog'], { balanced: false, balance: 'none' })).toEqual(
      [],
    )
  })

  function near(value: number) {
    return expect.closeTo(value, 6)
  }
})
