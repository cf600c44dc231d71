import { describe, expect, test } from 'vitest'
import { FrameCollector } from '../../src/data/frames.ts'
import { fc, property } from '../support/property.ts'

const HEADER = ['#software: x', '#tb 0: 1/1000', '#codec_id 0: wrapped_avframe', '#dimensions 0: 3x2']
const SIZE = 3 * 2

describe('FrameCollector', () => {
  property([
    fc.array(fc.uint8Array({ minLength: SIZE, maxLength: SIZE }), { minLength: 1, maxLength: 12 }),
    fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 30 }),
    fc.boolean(),
  ])('gives the same frames however the two pipes are cut and interleaved', (frames, cuts, timesFirst) => {
    const collector = new FrameCollector(1)
    const bytes = Uint8Array.from(frames.flatMap(frame => [...frame]))
    const lines = [...HEADER, ...frames.map((_, i) => `0, ${i * 40}, ${i * 40}, 1, 536, 0xabc`)]
    if (timesFirst) for (const line of lines) expect(collector.line(line)).toBe(true)
    let position = 0
    for (const cut of cuts) {
      collector.chunk(bytes.slice(position, position + cut))
      position = Math.min(position + cut, bytes.length)
      const line = timesFirst ? undefined : lines.shift()
      if (line !== undefined) collector.line(line)
    }
    collector.chunk(bytes.slice(position))
    if (!timesFirst) for (const line of lines) collector.line(line)
    const result = collector.finish()
    expect(result?.shape).toEqual([frames.length, 2, 3, 1])
    expect(result?.frames).toEqual(bytes)
    expect([...(result?.times ?? [])]).toEqual(frames.map((_, i) => (i * 40) / 1000))
  })

  test('pixels without a time, or a time without pixels, are noticed', () => {
    const collector = new FrameCollector(1)
    for (const line of [...HEADER, '0, 0, 0, 1, 536, 0x1']) collector.line(line)
    expect(collector.finish()).toBeUndefined()
    collector.chunk(new Uint8Array(SIZE))
    expect(collector.finish()?.shape[0]).toBe(1)
    collector.chunk(new Uint8Array(1))
    expect(collector.finish()).toBeUndefined()
  })

  test('messages are told from times', () => {
    expect(new FrameCollector(3).line('[h264 @ 0x1] error while decoding MB 3 4')).toBe(false)
  })

  test('a time that stands in the middle of a message is taken', () => {
    const collector = new FrameCollector(1)
    for (const line of [...HEADER, '0, 0, 0, 1, 536, 0x1']) collector.line(line)
    expect(collector.line('[h264 @ 0x42263c40] 0,   40,   40,   1,   536, 0x582c11ab')).toBe(true)
    expect(collector.line('Invalid NAL unit size (5833 > 5753).')).toBe(false)
    collector.chunk(new Uint8Array(2 * SIZE))
    expect([...(collector.finish()?.times ?? [])]).toEqual([0, 0.04])
  })

  property([
    fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 }),
    fc.double({ min: 1, max: 60, noNaN: true }),
  ])('a rate takes the nearest frame at every moment of the clip', (gaps, rate) => {
    const collector = new FrameCollector(1, rate, [1, 1])
    collector.line('#tb 0: 1/1000')
    let stamp = 70
    const stamps = gaps.map(gap => {
      stamp += gap
      return stamp
    })
    for (const [i, value] of stamps.entries()) {
      collector.chunk(Uint8Array.of(i))
      collector.line(`0, ${value}, ${value}, 1, 536, 0x1`)
    }
    const { frames, times } = collector.finish() ?? { frames: [], times: [] }
    const shown =
      stamps.length > 1 ? (stamps[stamps.length - 1] - stamps[0]) / (stamps.length - 1) : 1000 / rate
    const duration = (stamps[stamps.length - 1] - stamps[0] + shown) / 1000
    expect(Math.abs(times.length - duration * rate)).toBeLessThanOrEqual(1.02)
    for (const [k, time] of times.entries()) {
      expect(time).toBeCloseTo(stamps[0] / 1000 + k / rate, 9)
      const distance = (index: number) => Math.abs(stamps[index] / 1000 - time)
      const least = Math.min(...stamps.map((_, index) => distance(index)))
      expect(distance(frames[k])).toBeLessThanOrEqual(least + 0.003 / rate)
    }
  })
})
