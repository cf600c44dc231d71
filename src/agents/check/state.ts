import { show } from '../../common/findings.ts'
import { future } from './future.ts'
import { roll } from './roll.ts'
import type { Trial } from './trial.ts'

/** Whether `state` is all that the future depends on, survives JSON, and is a copy. */
export async function checkState(trial: Trial): Promise<void> {
  await trial.attempt('state.throws', 'state() or restore()', async () => {
    if (!checkJson(trial)) return
    if (!(await checkSeeds(trial))) return
    await checkRestore(trial)
    await checkCopies(trial)
  })
}

function checkJson(trial: Trial): boolean {
  const place = unsafePlace(trial.make(1).state(), 'state()')
  if (place === undefined) return true
  trial.error(
    'state.json',
    `${place}, which JSON loses or changes: hold finite numbers, strings, booleans, null, plain arrays and objects ` +
      '(typed arrays as base64 or as plain arrays, numbers that are not finite as strings)',
  )
  return false
}

async function checkSeeds(trial: Trial): Promise<boolean> {
  const [first, second] = [trial.make(5), trial.make(5)]
  const difference = (await future(first, trial.world)).differenceFrom(await future(second, trial.world))
  if (difference === undefined) return true
  trial.error(
    'seed.irreproducible',
    `two agents of one seed differ (${difference}): draw initial weights from the factory's rng, and what learning ` +
      'draws from a stream derived of it',
  )
  return false
}

async function checkRestore(trial: Trial): Promise<void> {
  const { world } = trial
  const agent = trial.make(1)
  await future(agent, world)
  const saved = JSON.stringify(agent.state())
  const other = trial.make(99)
  await other.learn(await roll(other, world, 8))
  const given = JSON.parse(saved)
  other.restore(given)
  const difference = (await future(agent, world)).differenceFrom(await future(other, world))
  if (difference !== undefined) {
    trial.error(
      'state.incomplete',
      `restored in another instance, the agent has another future (${difference}): state() holds weights, ` +
        'optimizer slots, buffers, counters and random streams, and restore() brings all of them back',
    )
  }
  if (JSON.stringify(given) !== saved) {
    trial.error('restore.aliases', 'learning changes the state that restore() was given: copy it there')
  }
}

async function checkCopies(trial: Trial): Promise<void> {
  const agent = trial.make(1)
  const state = agent.state()
  const before = JSON.stringify(state)
  await future(agent, trial.world)
  if (JSON.stringify(state) === before) return
  trial.error('state.aliased', 'a state that was taken changes while the agent learns on: return copies')
}

/** Where a value holds something that JSON doesn't bring back. */
function unsafePlace(value: unknown, path: string): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${path} is ${value}`
  if (Array.isArray(value)) return firstOf(value.entries(), (i, item) => unsafePlace(item, `${path}[${i}]`))
  if (typeof value !== 'object')
    return `${path} is ${typeof value === 'undefined' ? 'undefined' : show(value)}`
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `${path} is a ${value.constructor.name}`
  // A key that is undefined comes back as one that is absent, which reads the same.
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return firstOf(entries, (key, item) => unsafePlace(item, `${path}.${key}`))
}

function firstOf<K>(
  entries: Iterable<readonly [K, unknown]>,
  find: (key: K, item: unknown) => string | undefined,
): string | undefined {
  for (const [key, item] of entries) {
    const found = find(key, item)
    if (found !== undefined) return found
  }
  return undefined
}
