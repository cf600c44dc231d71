import { BehaviorSubject, firstValueFrom, throwError, toArray } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { Env } from '../../../src/envs/env.ts'
import { rollouts$ } from '../../../src/runner/play/rollouts.ts'
import { actor, Counter, collector } from './counter.ts'

describe('the stream of rollouts', () => {
  test('ends with what goes wrong, its own and that of whoever grants', async () => {
    const env = new Counter([5])
    const step = env.step.bind(env)
    env.step = action => ({ ...(step(action) as object), reward: Number.NaN }) as never
    const failing = rollouts$({
      collector: collector([env as Env<unknown, unknown>], actor('step', 4)),
      ...{ from: 0, to: 10, credits$: new BehaviorSubject(1) },
    })
    await expect(firstValueFrom(failing)).rejects.toThrow('Counter paid NaN')
    const granted = rollouts$({
      collector: collector([new Counter([5]) as Env<unknown, unknown>], actor('step', 4)),
      ...{ from: 0, to: 10, credits$: throwError(() => new Error('nobody grants')) },
    })
    await expect(firstValueFrom(granted)).rejects.toThrow('nobody grants')
  })

  test('completes at once where all steps are done', async () => {
    const credits$ = new BehaviorSubject(5)
    const all = collector([new Counter([5]) as Env<unknown, unknown>], actor('step', 4))
    const stream$ = rollouts$({ collector: all, from: 10, to: 10, credits$ })
    expect(await firstValueFrom(stream$.pipe(toArray()))).toEqual([])
  })

  test('collects nothing beyond the credits, and completes with the last step', async () => {
    const credits$ = new BehaviorSubject(0)
    const env = new Counter([5]) as Env<unknown, unknown>
    const seen: number[] = []
    let done = false
    rollouts$({ collector: collector([env], actor('step', 4)), from: 0, to: 10, credits$ }).subscribe({
      next: ({ steps }) => seen.push(steps),
      complete: () => {
        done = true
      },
    })
    const settle = () => new Promise(resolve => setTimeout(resolve, 5))
    await settle()
    expect(seen).toEqual([])
    credits$.next(1)
    await settle()
    expect(seen).toEqual([4])
    credits$.next(5)
    await settle()
    expect(seen).toEqual([4, 4, 2])
    expect(done).toBe(true)
  })

  test('stops when nobody listens any more', async () => {
    const credits$ = new BehaviorSubject(1000)
    const env = new Counter([5], true) as Env<unknown, unknown>
    let count = 0
    await new Promise<void>(resolve => {
      const stream$ = rollouts$({ collector: collector([env], actor('step', 4)), from: 0, to: 1e6, credits$ })
      const subscription = stream$.subscribe(() => {
        count++
        if (count < 3) return
        subscription.unsubscribe()
        resolve()
      })
    })
    await new Promise(resolve => setTimeout(resolve, 10))
    expect(count).toBe(3)
    expect(credits$.observed).toBe(false)
  })
})
