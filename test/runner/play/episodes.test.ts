import { BehaviorSubject, firstValueFrom, Subject, Subscription, toArray } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { episodes$ } from '../../../src/runner/play/episodes.ts'
import { fc, property } from '../../support/property.ts'

const tick = () => new Promise(resolve => setTimeout(resolve, 1))

describe('episodes$', () => {
  test('is cold: nothing runs before it is subscribed to', async () => {
    let runs = 0
    const stream$ = episodes$({
      from: 0,
      to: 3,
      workers: [0],
      credits$: new BehaviorSubject(3),
      run: async i => runs++ + i * 0,
    })
    await tick()
    expect(runs).toBe(0)
    const outcomes = await firstValueFrom(stream$.pipe(toArray()))
    expect(outcomes.map(o => o.index)).toEqual([0, 1, 2])
  })

  property([fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 5 })])(
    'never runs ahead of the credits, never more than one a worker, and every episode once',
    async (count, workers, grant) => {
      const credits$ = new BehaviorSubject(grant)
      let inFlight = 0
      let most = 0
      const started: number[] = []
      const seen: number[] = []
      await new Promise<void>((resolve, reject) => {
        episodes$({
          from: 0,
          to: count,
          workers: Array.from({ length: workers }, (_, i) => i),
          credits$,
          run: async index => {
            started.push(index)
            if (index >= credits$.value) reject(new Error(`episode ${index} ran without credit`))
            most = Math.max(most, ++inFlight)
            await tick()
            inFlight--
            return index
          },
        }).subscribe({
          next: ({ index }) => {
            seen.push(index)
            if (seen.length % grant === 0) credits$.next(seen.length + grant)
          },
          error: reject,
          complete: resolve,
        })
      })
      expect(most).toBeLessThanOrEqual(workers)
      expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
      expect(new Set(started).size).toBe(count)
    },
  )

  test('waits for credit', async () => {
    const credits$ = new Subject<number>()
    const started: number[] = []
    const done = firstValueFrom(
      episodes$({ from: 0, to: 2, workers: [0, 1], credits$, run: async i => started.push(i) }).pipe(
        toArray(),
      ),
    )
    await tick()
    expect(started).toEqual([])
    credits$.next(1)
    await tick()
    expect(started).toEqual([0])
    credits$.next(2)
    await done
    expect(started).toEqual([0, 1])
  })

  test('a failed episode is a value with its cause, after its retries', async () => {
    let tries = 0
    const outcomes = await firstValueFrom(
      episodes$({
        from: 0,
        to: 2,
        workers: [0],
        credits$: new BehaviorSubject(2),
        retries: 1,
        run: async index => {
          if (index === 0) {
            tries++
            throw new Error('broken clip')
          }
          return index
        },
      }).pipe(toArray()),
    )
    expect(tries).toBe(2)
    expect(outcomes[0]).toMatchObject({ index: 0, ok: false, message: 'broken clip' })
    expect(outcomes[1]).toMatchObject({ index: 1, ok: true, result: 1 })
  })

  test('unsubscribing aborts what is under way and starts nothing more', async () => {
    const started: number[] = []
    let aborted = 0
    const subscription = episodes$({
      from: 0,
      to: 9,
      workers: [0, 1],
      credits$: new BehaviorSubject(9),
      run: (index, _worker, signal) => {
        started.push(index)
        return new Promise(resolve => {
          signal.addEventListener('abort', () => {
            aborted++
            resolve(index)
          })
        })
      },
    }).subscribe()
    await tick()
    subscription.unsubscribe()
    await tick()
    expect(started).toEqual([0, 1])
    expect(aborted).toBe(2)
  })

  test('what grants may fail: then the stream does', async () => {
    const credits$ = new Subject<number>()
    const stream$ = episodes$({ from: 0, to: 3, workers: [0], credits$, run: async () => 1 })
    const failing = firstValueFrom(stream$)
    credits$.error(new Error('nobody learns'))
    await expect(failing).rejects.toThrow('nobody learns')
  })

  test('neither an error that is fatal nor one after the end was asked for is tried again', async () => {
    let tries = 0
    const run = async () => {
      tries++
      throw new Error('engine lost')
    }
    const options = { from: 0, to: 3, workers: [0], credits$: new BehaviorSubject(3), retries: 5 }
    await expect(firstValueFrom(episodes$({ ...options, run, isFatal: () => true }))).rejects.toThrow('lost')
    expect(tries).toBe(1)
    let subscription = new Subscription()
    let asked = 0
    subscription = episodes$({
      ...options,
      run: async () => {
        asked++
        await tick()
        subscription.unsubscribe()
        throw new Error('stopped')
      },
    }).subscribe()
    await tick()
    await tick()
    await tick()
    expect(asked).toBe(1)
  })

  test('from a later episode on, only those are run', async () => {
    const options = { from: 2, to: 4, workers: ['x'], credits$: new BehaviorSubject(9) }
    const run = async (index: number, worker: string) => `${worker}${index}`
    const outcomes = await firstValueFrom(episodes$({ ...options, run }).pipe(toArray()))
    expect(outcomes).toEqual([
      { index: 2, ok: true, result: 'x2' },
      { index: 3, ok: true, result: 'x3' },
    ])
    const failing = episodes$({
      ...options,
      run: async () => {
        throw new Error('broken')
      },
    })
    expect(await firstValueFrom(failing)).toMatchObject({ index: 2, ok: false, message: 'broken' })
  })

  test('a fatal error ends the stream', async () => {
    const stream$ = episodes$({
      from: 0,
      to: 3,
      workers: [0],
      credits$: new BehaviorSubject(3),
      isFatal: () => true,
      run: async () => {
        throw new Error('engine lost')
      },
    })
    await expect(firstValueFrom(stream$.pipe(toArray()))).rejects.toThrow('engine lost')
  })
})
