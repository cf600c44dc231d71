import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { failure } from '../../src/common/error.ts'
import { Rng } from '../../src/common/random.ts'
import { integer, real } from '../../src/common/settings.ts'
import { digestOf } from '../../src/runner/runs/digest.ts'
import type { JobKind, RunConfig, Unit } from '../../src/runner/runs/job.ts'
import { performAll } from '../../src/runner/runs/perform-all.ts'
import { workShape } from '../../src/runner/runs/work-shape.ts'

const schema = z.strictObject({
  seed: integer(0).default(1),
  units: integer(1).default(8),
  /** That a unit takes. */
  milliseconds: real(0).default(5),
  /** Of units that share what is made for the first of them. */
  groups: integer(1).default(1),
  fails: z.string().optional(),
  out: z.string().optional(),
  overwrite: z.boolean().default(false),
  shard: z.string().optional(),
  ...workShape,
})

type Config = z.infer<typeof schema> & RunConfig

export interface ToyUnitsSummary {
  readonly hash: string
  readonly sum: number
  readonly done: number
  readonly failed: readonly { readonly unit: string; readonly cause: string }[]
}

interface Outcome {
  readonly value: number
  readonly weights: Float32Array
}

/** Many small units that any process may do: each draws numbers from a stream of its own. */
export const toyUnits: JobKind<Config, readonly Partial<Record<'failure', string>>[], ToyUnitsSummary> = {
  id: 'toy-units',
  schema,
  async prepare(config) {
    return {
      config,
      origin: { engine: 'abacus', threads: 1, versions: { layergym: '1' }, fingerprints: {} },
      work: run =>
        performAll(
          run,
          keysOf(config).map(key => unitOf(key, config)),
          true,
        ),
    }
  },
  hands: async config => ({ unit: key => unitOf(key, config) }),
  summarize(done, { hash }) {
    const all = done as readonly { key: string; outcome?: Outcome; failure?: string }[]
    return {
      hash,
      done: all.length,
      sum: all.reduce((sum, { outcome }) => sum + (outcome?.value ?? 0), 0),
      failed: all.flatMap(({ key, failure: cause }) => (cause === undefined ? [] : [{ unit: key, cause }])),
    }
  },
  report: ({ hash }) => `<p>${hash}</p>`,
  words: ({ sum }) => String(sum),
}

function keysOf({ units, groups }: Config): readonly string[] {
  return Array.from({ length: units }, (_, i) => `${i % groups}/${i}`)
}

function unitOf(key: string, { seed, milliseconds, fails }: Config): Unit<Outcome> {
  return {
    key,
    elsewhere: { group: key.split('/')[0] },
    digest: outcome => digestOf(outcome),
    async run({ emit, signal }) {
      emit({ type: 'notice', message: `${key} begins` })
      await pause(milliseconds, undefined, { signal })
      if (key === fails) throw failure('toy', 'out of beads')
      const rng = Rng.of(seed, 'toy', Number(key.split('/')[1]))
      return { value: rng.next(), weights: Float32Array.from({ length: 8 }, () => rng.next()) }
    },
  }
}
