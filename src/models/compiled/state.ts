import { Held } from '../held.ts'
import type { Weights } from '../initialize.ts'
import type { Variable } from '../variables.ts'
import type { Flat, GroupLayout } from './layout.ts'

/** What training changes of one group. */
export interface GroupState {
  readonly learned: Held
  readonly fixed: Held
  /** None before the first update. */
  readonly slots: readonly Held[]
  /** Updates so far; a frozen group's stays. */
  readonly step: number
}

/** By group; never written to. */
export type State = readonly GroupState[]

export function heldOf({ learned, fixed, slots }: GroupState): readonly Held[] {
  return [learned, fixed, ...slots]
}

/** Everything of `before` that isn't in `after` has no owner any more. */
export function releaseUnless(before: State, after: State): void {
  const kept = new Set(after.flatMap(heldOf))
  for (const held of before.flatMap(heldOf)) if (!kept.has(held)) held.release()
}

/** Host copies of flat tensors, made once: a value that was read is known by its array when it comes back. */
export class HostCopies {
  private readonly copies = new WeakMap<Held, Weights>()

  constructor(
    private readonly layouts: readonly GroupLayout[],
    /** In the order that they are read in. */
    private readonly variables: readonly Variable[],
  ) {}

  read(state: State): Weights {
    return Object.fromEntries(
      this.variables.map(({ name, group, learned }) => {
        const kind = learned ? 'learned' : 'fixed'
        return [name, this.of(state[group][kind], this.layouts[group][kind])[name]]
      }),
    )
  }

  /** On the engine, without slots; groups whose arrays are those of `now` keep their tensors, slots and steps. */
  written(weights: Weights, now: State): State {
    return this.layouts.map(({ learned, fixed }, group) => {
      const { slots, step } = now[group]
      return {
        learned: this.same(now[group].learned, learned, weights) ?? this.upload(learned, weights),
        fixed: this.same(now[group].fixed, fixed, weights) ?? this.upload(fixed, weights),
        slots,
        step,
      }
    })
  }

  begun(weights: Weights): State {
    return this.layouts.map(({ learned, fixed }) => {
      return {
        learned: this.upload(learned, weights),
        fixed: this.upload(fixed, weights),
        slots: [],
        step: 0,
      }
    })
  }

  private of(held: Held, flat: Flat): Weights {
    const known = this.copies.get(held)
    if (known !== undefined) return known
    const read = flat.size === 0 ? {} : flat.weights(held.tensor)
    this.copies.set(held, read)
    return read
  }

  private same(held: Held, { variables }: Flat, weights: Weights): Held | undefined {
    const copies = this.copies.get(held)
    return copies !== undefined && variables.every(({ name }) => copies[name] === weights[name])
      ? held
      : undefined
  }

  private upload(flat: Flat, weights: Weights): Held {
    const held = new Held(flat.tensor(weights))
    this.copies.set(held, Object.fromEntries(flat.variables.map(({ name }) => [name, weights[name]])))
    return held
  }
}
