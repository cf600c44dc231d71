import { type Profiler, Session } from 'node:inspector'
import type { ModuleTime } from './module-time.ts'

/** A profile as V8 gives it, as far as it is read here: `timeDeltas` are microseconds, one a sample. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly url: string; readonly functionName: string }
  }[]
  readonly samples?: readonly number[] | undefined
  readonly timeDeltas?: readonly number[] | undefined
}

/** What work came to, and what the processor did meanwhile: a sample a millisecond, as Chrome's DevTools keep it. */
export async function profiled<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly profile: CpuProfile }> {
  const session = new Session()
  session.connect()
  try {
    await done(callback => session.post('Profiler.enable', callback))
    await done(callback => session.post('Profiler.start', callback))
    const value = await work()
    const { profile } = await done<Profiler.StopReturnType>(callback =>
      session.post('Profiler.stop', callback),
    )
    return { value, profile }
  } finally {
    session.disconnect()
  }
}

function done<T = void>(post: (callback: (error: Error | null, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    post((error, result) => (error === null ? resolve(result) : reject(error))),
  )
}

/** Seconds by module, the most first; idle time is none's. */
export function modulesOf({ nodes, samples = [], timeDeltas = [] }: CpuProfile): readonly ModuleTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, moduleOf(callFrame)]))
  const seconds = new Map<string, number>()
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? '(unknown)'
    seconds.set(name, (seconds.get(name) ?? 0) + timeDeltas[i] / 1e6)
  }
  seconds.delete('(idle)')
  return [...seconds].map(([name, own]) => ({ name, seconds: own })).sort((a, b) => b.seconds - a.seconds)
}

function moduleOf({ url, functionName }: CpuProfile['nodes'][number]['callFrame']): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'node'
  if (url.startsWith('node:')) return 'node'
  const packaged = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)
  if (packaged !== null) return packaged[1]
  const own = /.*\/(?:src|dist|\.built-[\da-f]+)\/(.+?)\.[jt]s$/.exec(url)
  return own === null ? (url.split('/').at(-1) ?? url) : own[1]
}
