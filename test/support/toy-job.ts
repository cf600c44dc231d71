import { z } from 'zod'
import type { Arithmetic } from '../../src/agents/kernels/kernels.ts'
import { failure } from '../../src/common/error.ts'
import { integer } from '../../src/common/settings.ts'
import { digestOf } from '../../src/runner/runs/digest.ts'
import type { RunHooks } from '../../src/runner/runs/hooks.ts'
import type { Facts, JobKind, RunConfig, Unit } from '../../src/runner/runs/job.ts'

const schema = z.strictObject({
  seed: integer(0).default(1),
  steps: integer(1).default(4),
  out: z.string().optional(),
  overwrite: z.boolean().default(false),
  shard: z.string().optional(),
})

type ToyConfig = z.infer<typeof schema> & RunConfig

export interface ToySummary {
  readonly runDir: string
  readonly hash: string
  readonly sums: readonly number[]
  readonly failed: readonly { readonly unit: string; readonly cause: string }[]
}

/** What a test may change of the toy: where it stops, what fails, what it comes from. */
export interface Toy {
  readonly fails?: string
  readonly data?: string
  readonly engine?: string
  readonly arithmetic?: Arithmetic
  /** Called in each step of a unit. */
  readonly onStep?: (unit: string, step: number) => void
}

/** A job of two units that count, each with a checkpoint a step. */
export function toyJob(toy: Toy = {}): JobKind<ToyConfig, Outcomes, ToySummary> {
  return {
    id: 'toy',
    schema,
    async prepare(config, { emit }) {
      emit({ type: 'notice', message: 'prepared' })
      return {
        config,
        origin: {
          engine: toy.engine ?? 'abacus',
          arithmetic: toy.arithmetic,
          versions: { layergym: '1' },
          fingerprints: { data: toy.data ?? 'clips' },
        },
        async work(run) {
          const done = []
          run.emit({ type: 'phase', phase: 'units', total: 2 })
          for (const key of ['a', 'b']) done.push(await run.perform(counting(`${key}/1`, config, toy), true))
          return done
        },
      }
    },
    summarize: (done, facts: Facts) => ({
      runDir: facts.runDir,
      hash: facts.hash,
      sums: done.flatMap(({ outcome }) => outcome ?? []),
      failed: done.flatMap(({ key, failure: cause }) => (cause === undefined ? [] : [{ unit: key, cause }])),
    }),
    report: ({ hash }) => `<p>${hash}</p>`,
    words: ({ sums }) => sums.join(', '),
  }
}

type Outcomes = readonly { readonly key: string; readonly outcome?: number; readonly failure?: string }[]

function counting(key: string, { seed, steps }: ToyConfig, toy: Toy): Unit<number> {
  return {
    key,
    digest: (sum, records) => digestOf([sum, records]),
    ended: score => ({ type: 'saved', from: key, score }),
    async run({ saved, save, emit, signal }) {
      let { step, sum } = (saved?.state ?? { step: 0, sum: 0 }) as { step: number; sum: number }
      emit({ type: 'notice', message: 'everybody says so' })
      while (step < steps) {
        toy.onStep?.(key, step)
        signal.throwIfAborted()
        if (toy.fails === key && step === 2) throw failure('toy', 'out of beads')
        step++
        sum += seed * step
        emit({ type: 'notice', message: `${key}: ${sum}` })
        await save({ step, sum }, [{ step, half: step === 2 ? Number.NaN : -0 }])
      }
      return sum
    },
  }
}

let now = 0

/** A clock that goes on by a second a look, for all of them. */
export function toyHooks(signal = new AbortController().signal): RunHooks & { readonly told: string[] } {
  const told: string[] = []
  return {
    signal,
    told,
    clock: () => {
      now += 1000
      return now
    },
    onEvent: event => told.push(event.type === 'notice' ? event.message : event.type),
  }
}
