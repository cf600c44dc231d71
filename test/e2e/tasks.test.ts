import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { encodePng } from '../../src/data/png-encoder.ts'
import { layergym, ROOT, smallRun, summaryOf, workspace } from '../support/e2e.ts'

const folder = workspace()
const SIDE = 32

/** Grey pictures with a bright square each, left or right, its box and its mask. */
function pictures(name: string): string {
  const root = join(folder, name)
  mkdirSync(join(root, 'images'), { recursive: true })
  mkdirSync(join(root, 'masks'))
  const labels = ['path,mask']
  const boxes = ['path,label,x,y,w,h']
  for (let i = 0; i < 24; i++) {
    const [x, y, side] = [(i % 2) * 16 + (i % 3), 4 + (i % 7), 10]
    const inside = (at: number) => {
      const [column, row] = [at % SIDE, Math.floor(at / SIDE)]
      return column >= x && column < x + side && row >= y && row < y + side
    }
    const grey = Uint8Array.from({ length: SIDE * SIDE }, (_, at) =>
      inside(at) ? 220 : 40 + ((at * 7) % 20),
    )
    const mask = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => Number(inside(at)))
    writeFileSync(join(root, 'images', `${i}.png`), encodePng(grey, [SIDE, SIDE, 1]))
    writeFileSync(join(root, 'masks', `${i}.png`), encodePng(mask, [SIDE, SIDE, 1]))
    labels.push(`images/${i}.png,masks/${i}.png`)
    boxes.push(`images/${i}.png,${i % 2 === 0 ? 'left' : 'right'},${x},${y},${side},${side}`)
  }
  writeFileSync(join(root, 'labels.csv'), labels.join('\n'))
  writeFileSync(join(root, 'boxes.csv'), boxes.join('\n'))
  return root
}

const data = pictures('squares')

describe.each([
  ['object-detection', 'mAP', 'ap50'],
  ['scene-segmentation', 'mean IoU', 'pixelAccuracy'],
])('%s', (task, metric, part) => {
  const dir = join(folder, task)
  const flags = {
    ...{ model: join(ROOT, 'models', 'resnet20_cifar10'), size: SIDE },
    ...{ data, task, frames: 1, 'learning-rate': '1e-3', 'budget-steps': 6, 'round-steps': 3 },
    ...{ baselines: 'headOnly', episodes: 0, 'batch-size': 4, augment: 'preset', out: dir },
  }

  test('learns, evaluates and predicts', async () => {
    const { baselines, test: score, task: named } = await summaryOf(smallRun(folder, flags))
    expect(named).toMatchObject({ id: task, metric })
    expect(Object.keys(baselines)).toEqual(['headOnly'])
    expect(score.parts[part]).toBeGreaterThan(0)
    const model = join(dir, 'model')
    const evaluated = await layergym(['evaluate', '--model', model, '--data', data, '--json'])
    expect(JSON.parse(evaluated.out)).toMatchObject({ primary: score.primary, clips: score.clips })
    const picture = join(data, 'images', '3.png')
    const predicted = await layergym(['predict', '--model', model, picture, '--json'])
    const [{ frames }] = JSON.parse(predicted.out)
    expect(frames).toHaveLength(1)
  })
})

test('baselines that begin with a linear probe are refused where there is none', async () => {
  const { code, err } = await layergym(
    smallRun(folder, { data, task: 'object-detection', frames: 1, baselines: 'lpFt,headOnly' }),
  )
  expect(code).toBe(2)
  expect(err).toMatch(/--baselines lpFt: object-detection has no linear probe.*headOnly/)
})

test('a task without what it learns from says what to give', async () => {
  const { code, err } = await layergym(smallRun(folder, { data, task: 'temporal-segmentation' }))
  expect(code).toBe(2)
  expect(err).toMatch(/no segments.*segments\.csv/)
  const labels = await layergym(smallRun(folder, { data }))
  expect(labels.code).toBe(2)
  expect(labels.err).toMatch(/has no label.*--task object-detection/)
})
