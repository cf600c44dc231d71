import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { npy } from '../../bench/support/npy.ts'
import { Rng } from '../../src/common/random.ts'
import { layergym, MODEL, ROOT, workspace } from '../support/e2e.ts'

const folder = workspace()
const SEQUENCES = join(ROOT, 'models', 'gru_tiny')
const COLUMNS = 42

/** A folder of class folders: two kinds of noise that differ in which columns move together. */
function sequences(name: string, more: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const data = join(folder, name)
  const rng = Rng.of(4)
  const files: Record<string, string | Uint8Array> = { ...more }
  for (const [kind, sign] of Object.entries({ together: 1, apart: -1 }))
    for (let i = 0; i < 10; i++) {
      const rows = Array.from({ length: 6 + i }, () => {
        const shift = rng.normal()
        return Array.from({ length: COLUMNS }, (_, c) => rng.normal() / 4 + (c < 21 ? shift : sign * shift))
      })
      const text = rows.map(row => row.map(x => x.toFixed(3)).join(',')).join('\n')
      const asNumpy = npy(Float32Array.from(rows.flat()), [rows.length, COLUMNS])
      files[join(kind, i === 0 ? '0.npy' : `${i}.csv`)] = i === 0 ? asNumpy : text
    }
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(join(data, file, '..'), { recursive: true })
    writeFileSync(join(data, file), content)
  }
  return data
}

function fineTune(data: string, more: readonly string[] = [], model = SEQUENCES): readonly string[] {
  const sizes = ['--frames', '4', '--groups', '3', '--batch-size', '6', '--threads', '1', '--workers', '1']
  const run = ['--episodes', '1', '--budget-steps', '4', '--round-steps', '2']
  const rivals = ['--baselines', 'linearProbe', '--baseline-seeds', '1', '--baseline-rates', '1']
  return ['fine-tune', '--model', model, '--data', data, ...sizes, ...run, ...rivals, '--json', ...more]
}

test('sequences are fine-tuned on, evaluated and predicted, class folders of CSV and numpy files', async () => {
  const data = sequences('whole')
  const run = await layergym(fineTune(data, ['--sampling', 'random-segment', '--out', join(folder, 'run')]))
  expect(run.code, run.err).toBe(0)
  const { model, test: score, mistakes } = JSON.parse(run.out)
  expect(run.err).toContain('2 classes (apart, together)')
  const scored = await layergym(['evaluate', '--model', model, '--data', data, '--json'])
  expect(scored.code, scored.err).toBe(0)
  expect(JSON.parse(scored.out).accuracy).toBeCloseTo(score.accuracy, 10)
  expect(mistakes.every(({ clip }: { clip: string }) => /\.(csv|npy)$/.test(clip))).toBe(true)
  const said = await layergym(['predict', join(data, 'apart'), '--model', model, '--json'])
  expect(said.code, said.err).toBe(0)
  const labels = JSON.parse(said.out).map(({ label }: { label: string }) => label)
  expect(labels).toHaveLength(10)
  expect(new Set([...labels, 'apart', 'together'])).toEqual(new Set(['apart', 'together']))
  const video = join(ROOT, 'data', 'grid_command', 'clips', 'bin')
  const other = await layergym(['predict', video, '--model', model])
  expect(other).toMatchObject({ code: 2, err: expect.stringMatching(/\.mp4 is no sequence/) })
})

describe('what is refused, with file and place', () => {
  const row = (numbers = COLUMNS) => Array.from({ length: numbers }, (_, i) => i).join(',')
  const complex = Buffer.from(npy(new Float32Array(COLUMNS), [1, COLUMNS]))
  complex.write('<c8', complex.indexOf('<f4'))
  test.each([
    ['a column too few', 'few.csv', `${row(41)}\n`, /few\.csv has 41 columns; the model takes 42/],
    ['a ragged row', 'ragged.csv', `${row()}\n${row(7)}\n`, /ragged\.csv line 2 has 7 columns/],
    ['text in a cell', 'text.csv', `${row()}\n${row(41)},high\n`, /text\.csv line 2, column 42: 'high'/],
    ['an empty file', 'empty.csv', '', /empty\.csv is empty \(0 bytes\)/],
    ['a header alone', 'header.csv', 'a,b\n', /header\.csv holds no row of numbers/],
    ['complex numbers', 'complex.npy', complex, /complex\.npy holds no plain numbers.*np\.float32/],
  ])('%s', async (name, file, content, words) => {
    const data = sequences(name, { [join('apart', file)]: content })
    const { code, err, out } = await layergym(fineTune(data))
    expect(err).toMatch(words)
    expect({ code, out }).toEqual({ code: 2, out: '' })
  })

  test('a broken one may be left out', async () => {
    const data = sequences('skipped', { [join('apart', 'x.csv')]: '1,2\n' })
    const skip = ['--skip-broken', '--episodes', '0', '--out', join(folder, 'skip')]
    const { code, err } = await layergym(fineTune(data, skip))
    expect(code, err).toBe(0)
    expect(err).toMatch(/left out .*x\.csv/)
  })

  test.each([
    ['a model of pictures', [], MODEL, /\.npy holds numbers through time, and the model takes pictures/],
    ['what is done to pixels', ['--augment', 'flip'], SEQUENCES, /--augment flip is about pixels/],
    ['a size', ['--size', '32'], SEQUENCES, /--size is about pixels/],
    ['boxes', ['--task', 'object-detection'], SEQUENCES, /boxes/],
  ])('%s', async (name, more, model, words) => {
    const { code, err } = await layergym(fineTune(sequences(name), more, model))
    expect(err).toMatch(words)
    expect(code).toBe(2)
  })
})
