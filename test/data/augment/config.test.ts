import { describe, expect, test } from 'vitest'
import { AUGMENTATIONS, describeAugmentation, parseAugmentation } from '../../../src/data/augment/config.ts'

describe('names', () => {
  test('alone and with a strength', () => {
    expect(parseAugmentation([])).toEqual({})
    expect(parseAugmentation(['flip', 'resized-crop:0.3-1', 'temporal-jitter'])).toEqual({
      flip: 0.5,
      resizedCrop: [0.3, 1],
      temporalJitter: true,
    })
    expect(parseAugmentation(['scale', 'colour:0.2', 'hue', 'erasing:1', 'mosaic:0'])).toEqual({
      scale: [0.5, 1.5],
      colour: 0.2,
      hue: 0.05,
      erasing: 1,
      mosaic: 0,
    })
  })

  test('of presets, which later names override', () => {
    expect(parseAugmentation(['detection', 'flip:0'])).toEqual({
      flip: 0,
      scale: [0.5, 1.5],
      colour: 0.4,
      mosaic: 0.5,
    })
    expect(parseAugmentation(['segmentation'])).toMatchObject({ flip: 0.5 })
  })

  test('no preset for clips exchanges left and right', () => {
    for (const preset of ['classification', 'temporal'])
      expect(parseAugmentation([preset])).not.toHaveProperty('flip')
  })

  test('every name that is offered is understood', () => {
    for (const name of AUGMENTATIONS) expect(Object.keys(parseAugmentation([name]))).not.toEqual([])
  })

  test.each([
    ['flipp', "unknown augmentation 'flipp': did you mean 'flip'?"],
    ['constructor', "unknown augmentation 'constructor' (known: flip, resized-crop"],
    ['flip:2', "augmentation 'flip:2': its strength is a number from 0 to 1"],
    ['flip:', "augmentation 'flip:': its strength is a number from 0 to 1"],
    ['flip: ', "augmentation 'flip: ': its strength is a number from 0 to 1"],
    ['flip:-0.1', 'from 0 to 1'],
    ['flip:0.5:1', "augmentation 'flip:0.5:1'"],
    ['scale: -1', 'least-most'],
    ['scale:0.05-1', 'least-most'],
    ['scale:1-11', 'least-most'],
    ['hue:0.6', 'from 0 to 0.5'],
    ['colour:strong', "augmentation 'colour:strong'"],
    ['scale:2', "augmentation 'scale:2': its strength is least-most within 0.1-10"],
    ['scale:2-1', 'least-most'],
    ['scale:1-2-3', 'least-most'],
    ['resized-crop:0-1', 'within 0.05-1'],
    ['temporal-jitter:1', "'temporal-jitter' takes no strength"],
  ])('%s is refused', (given, message) => {
    expect(() => parseAugmentation([given])).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }),
    )
  })
})

describe('the line for people', () => {
  test('says what is done, and that nothing is cached', () => {
    expect(describeAugmentation(parseAugmentation(['flip', 'scale:0.8-1.2', 'temporal-jitter']))).toBe(
      "Training clips differ from step to step (flip 0.5, scale 0.8-1.2, temporal-jitter): what frozen groups make of them isn't cached, and is computed and paid for at every step.",
    )
  })

  test('is none where nothing is done', () => {
    expect(describeAugmentation({})).toBeUndefined()
  })
})
