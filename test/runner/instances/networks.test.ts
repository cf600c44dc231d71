import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { noises, screens, squares } from '../../support/annotated-files.ts'
import { CACHE } from '../../support/e2e.ts'
import { smallInstance } from '../../support/instance.ts'

const folder = mkdtempSync(join(tmpdir(), 'layergym-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let data: Readonly<Record<'squares' | 'screens' | 'features' | 'tokens', string>>

beforeAll(async () => {
  data = {
    squares: squares(join(folder, 'squares'), 16),
    screens: await screens(join(folder, 'screens'), 5),
    features: noises(join(folder, 'features'), 8, 42),
    tokens: noises(join(folder, 'tokens'), 8, 1, value => Math.abs(Math.round(value * 10)) % 60),
  }
})

const PICTURES = [
  ['action-recognition', 'squares'],
  ['object-detection', 'squares'],
  ['scene-segmentation', 'squares'],
  ['temporal-segmentation', 'screens'],
] as const
type Case = readonly [network: string, task: string, on: keyof typeof data, settings: object]
type Refusal = readonly [
  network: string,
  task: string,
  on: keyof typeof data,
  settings: object,
  words: RegExp,
]

const WORKS: readonly Case[] = [
  ...['mobilenet_v2_035_224_tm', 'tiny_face_detector'].flatMap(name =>
    PICTURES.map(([task, on]): Case => [name, task, on, { size: 64 }]),
  ),
  ...PICTURES.map(([task, on]): Case => ['resnet20_cifar10', task, on, { size: 32 }]),
  ['mnist_cnn', 'action-recognition', 'squares', {}],
  ['mnist_cnn', 'temporal-segmentation', 'screens', {}],
  ['gru_tiny', 'action-recognition', 'features', {}],
  ['char_lstm', 'action-recognition', 'tokens', {}],
]

const REFUSED: readonly Refusal[] = [
  ['mnist_cnn', 'object-detection', 'squares', {}, /cuts off borders.*take one that pads/],
  ['gru_tiny', 'object-detection', 'squares', {}, /0\.png is no sequence/],
  ['gru_tiny', 'temporal-segmentation', 'screens', {}, /0\.mp4 is no sequence/],
  ['gru_tiny', 'action-recognition', 'features', { frames: 1 }, /--frames 2 or more/],
  ['resnet20_cifar10', 'action-recognition', 'features', {}, /holds numbers through time/],
  ['meshnet_conv3d', 'action-recognition', 'squares', {}, /dilated Conv3D/],
  ['meshnet_conv3d', 'object-detection', 'squares', {}, /maps of a network, and this one has none/],
]

const settingsOf = (name: string, task: string, on: keyof typeof data) => ({
  ...{ model: join('models', name), task, data: data[on], cache: CACHE },
  ...{ groups: 2, frames: on === 'squares' ? 1 : 3 },
})

describe('networks that ship carry tasks', () => {
  test.each(WORKS)('%s: %s', async (name, task, on, settings) => {
    const composition = await smallInstance({ ...settingsOf(name, task, on), ...settings })
    const world = composition.variant({ probed: false })
    await world.reset(1)
    const before = world.options.trainee.read()
    const settingsNow = world.settings.map(() => ({ frozen: false, learningRate: 1e-4 }))
    const { evaluation } = await world.train(settingsNow)
    expect(Number.isFinite(evaluation.loss)).toBe(true)
    const after = world.options.trainee.read()
    const moved = world.options.trainee.network.variables.filter(
      ({ name, learned }) => learned && after[name].some((value, i) => value !== before[name][i]),
    )
    expect(new Set(moved.map(({ group }) => group))).toEqual(new Set([0, 1]))
    composition.dispose()
  })

  test.each(REFUSED)('%s: not %s on %s %o', async (name, task, on, settings, words) => {
    const refused = smallInstance({ ...settingsOf(name, task, on), ...settings })
    await expect(refused).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(words) })
  })
})

test('a pretrained detector offers the strides of its own maps', async () => {
  const composition = await smallInstance({
    ...settingsOf('tiny_face_detector', 'object-detection', 'squares'),
    size: 64,
  })
  expect(composition.task.head.reads).toMatchObject({ strides: [8, 16, 32] })
  composition.dispose()
})
