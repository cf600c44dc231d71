import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, describe, expect, test } from 'vitest'
import { readSource } from '../../../../../src/runner/jobs/benchmark/joined/sources.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-hostile-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let count = 0
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = join(root, String(++count))
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

function npy(descr: string, shape: string, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`
  const head = Buffer.from(`\x93NUMPY\x01\0..${header}`, 'latin1')
  head.writeUInt16LE(header.length, 8)
  return Buffer.concat([head, body])
}

/** As it is, with so many entries of its directory naming the one file that it holds. */
function repeated(zip: Uint8Array, times: number): Uint8Array {
  const bytes = Buffer.from(zip)
  const [central, end] = ['PK\x01\x02', 'PK\x05\x06'].map(mark => bytes.indexOf(mark, 0, 'latin1'))
  const entry = bytes.subarray(central, end)
  const tail = Buffer.from(bytes.subarray(end))
  tail.writeUInt16LE(times, 8)
  tail.writeUInt16LE(times, 10)
  tail.writeUInt32LE(times * entry.length, 12)
  return Buffer.concat([bytes.subarray(0, central), ...Array<Buffer>(times).fill(entry), tail])
}

const one = npy('<f8', '(1,)', new Uint8Array(Float64Array.of(5).buffer))
const whole = { 'timesteps.npy': one, 'results.npy': one }
const huge = new Uint8Array(2 ** 25 + 1)

describe('evaluations.npz', () => {
  test('arrays that aren’t asked for are never unpacked', async () => {
    const npz = zipSync({ ...whole, 'more.npy': huge })
    const { runs } = await readSource(folderOf({ 'evaluations.npz': npz }))
    expect(runs[0].evaluations).toEqual([{ step: 5, returns: [5] }])
  })

  test.each([
    [
      'one that unpacks to more than is read',
      zipSync({ ...whole, 'results.npy': huge }),
      /more than 33554432 bytes/,
    ],
    ['one file named a thousand times', repeated(zipSync({ 'results.npy': one }), 1000), /there twice/],
    [
      'pickled objects',
      zipSync({ ...whole, 'results.npy': npy('|O', '(1,)', Buffer.from('cos\nsystem\n')) }),
      /no plain numbers/,
    ],
    [
      'four billion rows with nothing in them',
      zipSync({
        'timesteps.npy': npy('<f8', '(4294967295, 0)'),
        'results.npy': npy('<f8', '(4294967295, 0)'),
      }),
      /nothing in them/,
    ],
  ])('%s', async (_, npz, message) => {
    await expect(readSource(folderOf({ 'evaluations.npz': npz }))).rejects.toThrow(message)
  })
})

test('TensorBoard’s files: millions of empty records take no memory', async () => {
  const before = process.memoryUsage().heapUsed
  const folder = folderOf({ 'events.out.tfevents.1': new Uint8Array(16 * 2 ** 20) })
  await expect(readSource(folder)).rejects.toMatchObject({ code: 'report.nothing' })
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 26)
})

test.each(['evaluations.npz', 'events.out.tfevents.1', 'monitor.csv', 'results.csv'])(
  'a pipe called %s is not waited for',
  async name => {
    const folder = folderOf({})
    execFileSync('mkfifo', [join(folder, name)])
    await expect(readSource(join(folder, name))).rejects.toThrow(/no regular file/)
    // Of a folder's files, it is none.
    await expect(readSource(folder)).rejects.toMatchObject({ code: 'report.nothing' })
  },
)

test('a monitor file with a quotation that never ends', async () => {
  const file = '#{"t_start": 1}\nr,l,t\n"1,1,2\n'
  await expect(readSource(folderOf({ 'monitor.csv': file }))).rejects.toMatchObject({
    code: 'report.monitor',
  })
})

describe('our own runs', () => {
  const summary = {
    ...{ env: 'CartPole-v1', agent: 'ppo', hash: 'x', seed: 1, steps: 10, stepsPerSecond: 5, curve: [] },
    evaluation: { episodes: 1, returns: [3], meanLength: null },
    evaluations: [],
    settings: {},
  }
  const run = (config: unknown, more: unknown, extra = {}) =>
    folderOf({
      'config.json': JSON.stringify(config),
      'run.json': '{}',
      'summary.json': JSON.stringify(more),
      ...extra,
    })

  test('JSON’s null is no number', async () => {
    const [read] = (await readSource(run({ kind: 'train' }, summary))).runs
    expect(read.evaluations).toEqual([{ step: 10, returns: [3], meanLength: Number.NaN }])
  })

  test.each([
    ['no configuration', run(null, summary), /config\.json can't be read: it is of another version/],
    [
      'a curve that is none',
      run({ kind: 'train' }, { ...summary, curve: [{ returns: 5 }] }),
      /curve\.0\.returns/,
    ],
    ['text for numbers', run({ kind: 'train' }, { ...summary, steps: '10' }), /steps/],
    ['a benchmark without agents', run({ kind: 'benchmark' }, { agents: 3 }), /summary\.json can't be read/],
  ])('%s', async (_, folder, message) => {
    await expect(readSource(folder)).rejects.toThrow(message)
  })

  test('a benchmark reads no run outside of its folder', async () => {
    const other = run({ kind: 'train' }, summary)
    for (const runDir of ['../..', `../${other.split('/').at(-1)}`, other, '.']) {
      const folder = run({ kind: 'benchmark' }, { agents: [{ agent: 'ppo', runs: [{ runDir }] }] })
      await expect(readSource(folder)).rejects.toThrow(/names a run outside of it/)
    }
    const inner = { 'ppo-1/summary.json': JSON.stringify(summary) }
    const good = run(
      { kind: 'benchmark' },
      { agents: [{ agent: 'mine', runs: [{ runDir: 'ppo-1' }] }] },
      inner,
    )
    expect((await readSource(good)).runs).toMatchObject([{ agent: 'mine', steps: 10 }])
  })

  test('a summary that is a link is not followed', async () => {
    const folder = run({ kind: 'train' }, summary)
    rmSync(join(folder, 'summary.json'))
    symlinkSync('/etc/hostname', join(folder, 'summary.json'))
    await expect(readSource(folder)).rejects.toMatchObject({ code: 'report.run' })
  })
})
