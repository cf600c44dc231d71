import { inputError } from '../../common/error.ts'
import type { Mask } from '../env.ts'
import { Discrete } from '../spaces.ts'
import type { ActionSet, GroupSetting, RateLimits } from './actions.ts'

/** All groups may move, until a root says otherwise. */
export function allOpen(groups: number): readonly boolean[] {
  return Array.from({ length: groups }, () => true)
}

/** @throws input error for another number of permissions than there are groups */
export function checkOpen(open: readonly boolean[], groups: number): readonly boolean[] {
  if (open.length === groups) return [...open]
  throw inputError('permit.groups', `${open.length} permissions for ${groups} groups: give one a group`)
}

/** Groups that may not move are frozen, whatever was chosen for them. */
export function permitted(
  settings: readonly GroupSetting[],
  open: readonly boolean[],
): readonly GroupSetting[] {
  return settings.map((setting, group) => (open[group] ? setting : { ...setting, frozen: true }))
}

/** Groups that may move and are frozen thaw at the rate that `reset` goes back to. */
export function awake(
  settings: readonly GroupSetting[],
  open: readonly boolean[],
  limits: RateLimits,
): readonly GroupSetting[] {
  return settings.map((setting, group) =>
    open[group] && setting.frozen
      ? { frozen: false, learningRate: limits.reset(settings.length - 1 - group) }
      : setting,
  )
}

/** What a group that may not move is left: one action, keep; undefined where there is no such action. */
export function keepAlone<A>({ space, keep }: ActionSet<A>): Mask | undefined {
  if (keep === undefined || !(space instanceof Discrete)) return undefined
  return Uint8Array.from({ length: space.n }, (_, action) => Number(action === keep))
}
