import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { failure } from '../../src/common/error.ts'
import { type Activity, stalled, twice, Watchdog } from '../../src/data/watchdog.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A decoder as the system shows it, looked at once a second. */
function watched(activity: () => Activity | undefined) {
  const onStall = vi.fn()
  const watchdog = new Watchdog({ pid: () => 1, onStall, tick: 1000, activityOf: async () => activity() })
  return { watchdog, onStall, wait: (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000) }
}

describe('Watchdog', () => {
  test('a decoder that gives nothing and does nothing hangs', async () => {
    const { onStall, wait } = watched(() => ({ cpu: 3, stopped: false }))
    await wait(24)
    expect(onStall).not.toHaveBeenCalled()
    await wait(3)
    expect(onStall).toHaveBeenCalledOnce()
  })

  test('one that gives something, however slowly, does not', async () => {
    const { watchdog, onStall, wait } = watched(() => ({ cpu: 0, stopped: false }))
    for (let i = 0; i < 10; i++) {
      await wait(20)
      watchdog.progress()
    }
    expect(onStall).not.toHaveBeenCalled()
    watchdog.stop()
  })

  test('one that gets a little CPU time on a busy machine does not', async () => {
    let cpu = 0
    const { watchdog, onStall, wait } = watched(() => {
      cpu += 0.01
      return { cpu, stopped: false }
    })
    await wait(1000)
    expect(onStall).not.toHaveBeenCalled()
    watchdog.stop()
  })

  test('one that computes for ever hangs', async () => {
    let cpu = 0
    const { onStall, wait } = watched(() => ({ cpu: cpu++, stopped: false }))
    await wait(290)
    expect(onStall).not.toHaveBeenCalled()
    await wait(30)
    expect(onStall).toHaveBeenCalledOnce()
  })

  test('what it computes counts from its last progress on', async () => {
    let cpu = 0
    const { watchdog, onStall, wait } = watched(() => ({ cpu: cpu++, stopped: false }))
    for (let i = 0; i < 4; i++) {
      await wait(250)
      watchdog.progress()
    }
    expect(onStall).not.toHaveBeenCalled()
    await wait(320)
    expect(onStall).toHaveBeenCalledOnce()
    expect(watchdog.hung).toBe(true)
  })

  test('one that is stopped, or that nobody takes from, does not', async () => {
    let stopped = true
    const { watchdog, onStall, wait } = watched(() => ({ cpu: 1, stopped }))
    await wait(1000)
    stopped = false
    watchdog.pause(true)
    await wait(1000)
    expect(onStall).not.toHaveBeenCalled()
    watchdog.stop()
  })

  test('seconds that this process slept through count as one look', async () => {
    const { watchdog, onStall, wait } = watched(() => ({ cpu: 1, stopped: false }))
    await wait(5)
    vi.setSystemTime(Date.now() + 3_600_000)
    await wait(5)
    expect(onStall).not.toHaveBeenCalled()
    watchdog.stop()
  })

  test('where the system tells nothing, looks alone count', async () => {
    const { onStall, wait } = watched(() => undefined)
    await wait(27)
    expect(onStall).toHaveBeenCalledOnce()
  })
})

describe('twice', () => {
  test('what hung is done once more, and then is a failure, not a broken clip', async () => {
    const hang = vi.fn(async () => Promise.reject(stalled('a.mp4')))
    await expect(twice(hang)).rejects.toMatchObject({ code: 'decoder.stalled', kind: 'failure' })
    expect(hang).toHaveBeenCalledTimes(2)
  })

  test('what hung once is not noticed', async () => {
    const work = vi.fn(async () => 5)
    work.mockRejectedValueOnce(stalled('a.mp4'))
    expect(await twice(work)).toBe(5)
  })

  test('another error is not tried again', async () => {
    const work = vi.fn(async () => Promise.reject(failure('other', 'no')))
    await expect(twice(work)).rejects.toMatchObject({ code: 'other' })
    expect(work).toHaveBeenCalledOnce()
  })
})
