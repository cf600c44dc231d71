import { unknownName } from '../../common/suggest.ts'
import type { Env } from '../env.ts'
import type { World } from '../world.ts'
import { FlatEnv } from './flat.ts'
import { RootEnv, type RootOptions } from './root.ts'
import { SequentialEnv } from './sequential.ts'
import { groupEnv } from './views.ts'

/**
 * A world as one environment: `flat` (one action for all groups), `sequential` (one group after the other), `root`
 * (which groups may move), or a group's name (that one alone, the others left as they are).
 * @throws input error for any other name
 */
export function viewNamed(world: World, name: string, root: RootOptions = {}): Env<unknown, unknown> {
  const group = world.names.indexOf(name)
  if (group >= 0) return groupEnv(world, group) as Env<unknown, unknown>
  if (name === 'flat') return new FlatEnv(world) as Env<unknown, unknown>
  if (name === 'sequential') return new SequentialEnv(world) as Env<unknown, unknown>
  if (name === 'root') return new RootEnv(world, root) as Env<unknown, unknown>
  throw unknownName('view', name, ['flat', 'sequential', 'root', ...world.names])
}
