import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { TensorBoardWriter } from '../../../src/runner/runs/tensorboard.ts'
import { crc32c } from '../../../src/runner/runs/tensorboard-format.ts'
import golden from '../../golden/tensorboard.json' with { type: 'json' }
import { fc, property } from '../../support/property.ts'
import { readEvents, recordEnds } from './tensorboard-reader.ts'

const now = () => 1_750_000_000_250

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'layergym-test-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const fileOf = (dir: string, { position }: TensorBoardWriter) => join(dir, position.file)

describe('TensorBoard event files', () => {
  test("are those of TensorBoard's own writer, byte for byte", async () => {
    const dir = folder()
    const writer = await TensorBoardWriter.create(dir, { now: () => golden.start * 1000 })
    for (const { step, wallTime, values } of golden.events) {
      await writer.scalars(step, wallTime, Object.fromEntries(Object.entries(values)))
    }
    await writer.close()
    expect(readFileSync(fileOf(dir, writer)).toString('hex')).toBe(golden.bytes)
  })

  test("CRC-32C is that of the RFC and of TensorBoard's", () => {
    // RFC 3720, appendix B.4.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    for (const [text, crc] of golden.crc32c) expect(crc32c(Buffer.from(String(text)))).toBe(crc)
  })

  property([
    fc.array(
      fc.record({
        step: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        wallTime: fc.double({ min: 1, max: 1e10, noNaN: true }),
        values: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.float(), {
          minKeys: 1,
          noNullPrototype: true,
        }),
      }),
      { maxLength: 8 },
    ),
  ])('a reader of its own finds what was written', async events => {
    const dir = mkdtempSync(join(tmpdir(), 'layergym-test-'))
    try {
      const writer = await TensorBoardWriter.create(dir, { now })
      // Not awaited one by one: they keep their order all the same.
      await Promise.all(events.map(({ step, wallTime, values }) => writer.scalars(step, wallTime, values)))
      await writer.close()
      const bytes = readFileSync(fileOf(dir, writer))
      expect(writer.position.bytes).toBe(bytes.length)
      const [first, ...rest] = readEvents(bytes)
      expect(first).toEqual({ wallTime: now() / 1000, step: 0, fileVersion: 'brain.Event:2', values: {} })
      expect(rest).toEqual(events)
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  test('a run that resumes goes on in the same file: nothing twice, nothing half-written', async () => {
    const dir = folder()
    const write = async (writer: TensorBoardWriter, steps: readonly number[]) => {
      for (const step of steps) await writer.scalars(step, step + 0.5, { reward: step / 3 })
    }
    const whole = await TensorBoardWriter.create(join(dir, 'whole'), { now })
    await write(whole, [1, 2, 3, 4, 5])
    await whole.close()

    const killed = await TensorBoardWriter.create(join(dir, 'killed'), { now })
    await write(killed, [1, 2, 3])
    const checkpoint = JSON.parse(JSON.stringify(killed.position))
    await write(killed, [4])
    await killed.close()
    const file = fileOf(join(dir, 'killed'), killed)
    appendFileSync(file, Uint8Array.of(1, 2, 3)) // what kill -9 may leave behind
    const later = () => now() + 1e6
    const resumed = await TensorBoardWriter.create(join(dir, 'killed'), { now: later, resumeAt: checkpoint })
    expect(resumed.position).toEqual(checkpoint)
    await write(resumed, [4, 5])
    await resumed.close()
    expect(readdirSync(join(dir, 'killed'))).toHaveLength(1)
    expect(readFileSync(file).equals(readFileSync(fileOf(join(dir, 'whole'), whole)))).toBe(true)
  })

  test('a file that is gone, or shorter than it was, is refused by name', async () => {
    const dir = folder()
    const writer = await TensorBoardWriter.create(dir, { now })
    await writer.scalars(1, 1, { reward: 1 })
    await writer.close()
    truncateSync(fileOf(dir, writer), writer.position.bytes - 1)
    const resume = (file: string) =>
      TensorBoardWriter.create(dir, { now, resumeAt: { file, bytes: writer.position.bytes } })
    await expect(resume(writer.position.file)).rejects.toMatchObject({
      kind: 'input',
      code: 'tensorboard.resume',
      message: expect.stringMatching(/has \d+ bytes, and the run had written \d+/),
    })
    await expect(resume('gone')).rejects.toMatchObject({ kind: 'input', code: 'tensorboard.resume' })
  })

  test('two runs of the same second in one folder have a file each', async () => {
    const dir = folder()
    const writers = [
      await TensorBoardWriter.create(dir, { now }),
      await TensorBoardWriter.create(dir, { now }),
    ]
    for (const [i, writer] of writers.entries()) await writer.scalars(i + 1, 1, { reward: i })
    for (const writer of writers) await writer.close()
    expect(new Set(readdirSync(dir)).size).toBe(2)
    for (const [i, writer] of writers.entries())
      expect(readEvents(readFileSync(fileOf(dir, writer)))[1].values).toEqual({ reward: i })
  })

  test('a folder that cannot be made is a failure that names it', async () => {
    const dir = folder()
    appendFileSync(join(dir, 'file'), 'x')
    await expect(TensorBoardWriter.create(join(dir, 'file', 'tb'), { now })).rejects.toMatchObject({
      kind: 'failure',
      code: 'tensorboard.write',
      message: expect.stringContaining(join(dir, 'file', 'tb')),
    })
  })

  test('steps are integers from 0 on', async () => {
    const writer = await TensorBoardWriter.create(folder(), { now })
    for (const step of [-1, 0.5, Number.NaN, 2 ** 60])
      await expect(writer.scalars(step, 1, { a: 1 })).rejects.toMatchObject({ code: 'tensorboard.step' })
    await writer.close()
  })

  test('an append that fails midway is cut off whole, and the next one follows the last that did not', async () => {
    const dir = folder()
    const writer = await TensorBoardWriter.create(dir, { now })
    await writer.scalars(1, 1, { reward: 1 })
    const before = readFileSync(fileOf(dir, writer))
    const probe = await open(fileOf(dir, writer), 'r')
    const prototype = Object.getPrototypeOf(probe)
    await probe.close()
    const write = prototype.write
    let calls = 0
    const full = vi.spyOn(prototype, 'write').mockImplementation(async function (this: unknown, ...args) {
      const [data, from, , position] = args
      if (calls++ > 0)
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      return write.call(this, data, from, 7, position)
    })
    await expect(writer.scalars(2, 2, { reward: 2 })).rejects.toMatchObject({
      kind: 'failure',
      code: 'tensorboard.write',
      message: expect.stringMatching(/no space left/),
    })
    full.mockRestore()
    expect(calls).toBe(2)
    expect(readFileSync(fileOf(dir, writer)).equals(before)).toBe(true)
    await writer.scalars(3, 3, { reward: 3 })
    await writer.close()
    const bytes = readFileSync(fileOf(dir, writer))
    expect(readEvents(bytes).map(({ step }) => step)).toEqual([0, 1, 3])
    expect(recordEnds(bytes).at(-1)).toBe(writer.position.bytes)
  })
})

const python = process.env.LAYERGYM_PYTHON ?? 'python3'
const hasTensorBoard = spawnSync(python, ['-c', 'import tensorboard']).status === 0

describe.runIf(hasTensorBoard)('TensorBoard itself (LAYERGYM_PYTHON, or python3, has it)', () => {
  test('reads scalars of a run that was resumed', async () => {
    const dir = folder()
    const writer = await TensorBoardWriter.create(dir, { now })
    await writer.scalars(10, 100, { 'rollout/ep_rew_mean': 12.5, loss: 0 })
    const resumeAt = writer.position
    await writer.scalars(20, 200, { 'rollout/ep_rew_mean': -1 })
    await writer.close()
    const resumed = await TensorBoardWriter.create(dir, { now, resumeAt })
    await resumed.scalars(2 ** 33, 300, { 'rollout/ep_rew_mean': 0.25 })
    await resumed.close()
    const script = `
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1]).Reload()
series = {tag: [[e.step, e.wall_time, e.value] for e in events.Scalars(tag)] for tag in events.Tags()['scalars']}
print(json.dumps({'version': events.file_version, 'series': series}))
`
    const { stdout, stderr, status } = spawnSync(python, ['-c', script, dir], { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      version: 2,
      series: {
        'rollout/ep_rew_mean': [
          [10, 100, 12.5],
          [2 ** 33, 300, 0.25],
        ],
        loss: [[10, 100, 0]],
      },
    })
  })
})
