import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { pngSize } from '../../src/data/png.ts'
import { encodePng } from '../../src/data/png-encoder.ts'
import { decodeVideo } from '../../src/data/video.ts'
import { ffmpeg } from '../data/fixtures.ts'
import { CACHE, layergym, ROOT, summaryOf, workspace } from '../support/e2e.ts'

const folder = workspace()
const data = join(folder, 'data')
const model = join(folder, 'run', 'model')
const clip = join(folder, 'square.mp4')
const [WIDTH, HEIGHT] = [96, 64]

/** A dark square on grey, and where it is. */
function writePictures(count: number): void {
  mkdirSync(data)
  const rows = Array.from({ length: count }, (_, i) => {
    const [x, y] = [(i * 7) % 60, (i * 5) % 30]
    const pixels = new Uint8Array(WIDTH * HEIGHT * 3).fill(150)
    for (let row = y; row < y + 30; row++) pixels.fill(20, (row * WIDTH + x) * 3, (row * WIDTH + x + 30) * 3)
    writeFileSync(join(data, `${i}.png`), encodePng(pixels, [HEIGHT, WIDTH, 3]))
    return `${i}.png,0,square,${x},${y},30,30`
  })
  writeFileSync(join(data, 'boxes.csv'), ['path,frame,label,x,y,w,h', ...rows].join('\n'))
}

const predict = (...argv: string[]) =>
  layergym(['predict', '--model', model, '--cache', CACHE, '--json', ...argv])

beforeAll(async () => {
  writePictures(24)
  await ffmpeg('-loop', '1', '-i', join(data, '3.png'), '-t', '1', '-r', '10', clip)
  const summary = await summaryOf([
    'fine-tune',
    ...['--task', 'object-detection', '--model', join(ROOT, 'models', 'mobilenet_v2_035_224_tm')],
    ...['--data', data, '--cache', CACHE, '--out', join(folder, 'run'), '--size', '64'],
    ...['--episodes', '0', '--baselines', 'fullFineTune', '--baseline-seeds', '1', '--baseline-rates', '1'],
    ...['--budget-steps', '2', '--batch-size', '4', '--threads', '1', '--workers', '1', '--json'],
  ])
  expect(summary.examples.length).toBeGreaterThan(0)
}, 120_000)

describe('predict --draw', () => {
  test('pictures and videos at their own size; a video at its own rate', async () => {
    const drawn = join(folder, 'drawn')
    const { code, out, err } = await predict('--draw', drawn, join(data, '0.png'), clip)
    expect(code, err).toBe(0)
    const [picture, video] = JSON.parse(out)
    expect(picture).toMatchObject({ files: [join(drawn, '0.png')], frames: [expect.any(Array)] })
    expect(pngSize(readFileSync(picture.files[0]))).toEqual([HEIGHT, WIDTH])
    expect(video).toMatchObject({ files: [join(drawn, 'square.mp4')] })
    expect((await decodeVideo(video.files[0])).shape).toEqual([10, HEIGHT, WIDTH, 3])
    expect(readdirSync(drawn).sort()).toEqual(['0.png', 'square.mp4'])
  })

  test('what is there stays, unless it may be replaced', async () => {
    const drawn = join(folder, 'again')
    mkdirSync(drawn)
    writeFileSync(join(drawn, '0.png'), 'mine')
    const refused = await predict('--draw', drawn, join(data, '0.png'))
    expect(refused.code).toBe(2)
    expect(refused.err).toMatch(/0\.png is there already.*--overwrite/)
    expect(readFileSync(join(drawn, '0.png'), 'utf8')).toBe('mine')
    expect((await predict('--draw', drawn, '--overwrite', join(data, '0.png'))).code).toBe(0)
    expect(pngSize(readFileSync(join(drawn, '0.png')))).toEqual([HEIGHT, WIDTH])
  })

  test('flags that make no sense are refused', async () => {
    expect(await predict('--overwrite', clip)).toMatchObject({ code: 2 })
    const file = await predict('--draw', join(data, '0.png'), clip)
    expect(file.code).toBe(2)
    expect(file.err).toMatch(/is a file: give --draw a folder/)
  })

  test('an interrupted one leaves no part of a file', async () => {
    const drawn = join(folder, 'stopped')
    const argv = ['predict', '--model', model, '--cache', join(folder, 'fresh'), '--draw', drawn]
    const { code } = await layergym([...argv, clip, join(data, '1.png')], (text, abort) => {
      if (text.includes('clips decoded')) abort()
    })
    expect(code).toBe(130)
    expect(existsSync(drawn) ? readdirSync(drawn) : []).toEqual([])
  })

  test('the report shows examples and what was taken for what', () => {
    const report = readFileSync(join(folder, 'run', 'report.html'), 'utf8')
    expect(report).toContain('<h2>Examples</h2>')
    expect(report.match(/<img alt="what is true" src="data:image\/png;base64,/g)?.length).toBeGreaterThan(0)
    for (const title of ['Precision and recall', 'What is taken for what'])
      expect(report).toContain(`<h2>${title}</h2>`)
    expect(report.length).toBeLessThan(3e6)
  })
})
