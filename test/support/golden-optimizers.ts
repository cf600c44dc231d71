import { readFileSync } from 'node:fs'
import type { OptimizerOptions } from '../../src/models/optimizer.ts'

type Arrays = Readonly<Record<string, readonly number[]>>

/** What PyTorch's optimizers came to (test/golden/torch_optimizers.py). */
interface Golden {
  /** Each step's rate of each variable, null while it is frozen. */
  readonly rates: readonly Readonly<Record<string, number | null>>[]
  readonly start: Arrays
  readonly gradients: readonly Arrays[]
  readonly cases: readonly {
    readonly name: string
    readonly options: OptimizerOptions
    /** After each step. */
    readonly values: readonly Arrays[]
    /** After the last one. */
    readonly slots: Readonly<Record<string, Arrays>>
  }[]
}

export const golden = JSON.parse(
  readFileSync(new URL('../golden/torch_optimizers.json', import.meta.url), 'utf8'),
) as Golden
