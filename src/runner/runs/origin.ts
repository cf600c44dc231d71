import { createRequire } from 'node:module'
import type { Arithmetic } from '../../agents/kernels/kernels.ts'
import { kernelArithmetic, kernelWidth } from '../../agents/kernels/memory.ts'
import { inputError } from '../../common/error.ts'

/** What a run comes from, besides its settings; in its folder's run.json from the first second on. */
export interface Origin {
  readonly engine: string
  /** Of the engine: bits depend on them. Absent where the engine has none. */
  readonly threads?: number
  /** What small networks of agents are computed by. */
  readonly kernels?: string
  /** Of these kernels: bits depend on it. */
  readonly arithmetic?: Arithmetic
  /** Of layergym, of node, and of what the engine is made of. */
  readonly versions: Readonly<Record<string, string>>
  /** SHA-256 by what it is of: `data`, `model`, `plugin NAME`; of several instances, `data of NAME` and so on. */
  readonly fingerprints: Readonly<Record<string, string>>
}

const packageJson = createRequire(import.meta.url)('../../../package.json') as { readonly version: string }

/** Of layergym. */
export const packageVersion = packageJson.version

/** What a run on this engine comes from, here. */
export function originOf(
  engine: { readonly name: string; readonly threads?: number; readonly versions?: Origin['versions'] },
  fingerprints: Origin['fingerprints'],
): Origin {
  const { name, threads, versions } = engine
  const own = { layergym: packageVersion, node: process.versions.node }
  const [kernels, arithmetic] = [kernelWidth(), kernelArithmetic()]
  return { engine: name, threads, kernels, arithmetic, versions: { ...own, ...versions }, fingerprints }
}

/** @throws input error naming what isn't what the run in `dir` began with */
export function refuseOther(dir: string, begun: Origin, now: Origin): void {
  const names = [...new Set([...Object.keys(begun.fingerprints), ...Object.keys(now.fingerprints)])]
  const changed = names.filter(name => begun.fingerprints[name] !== now.fingerprints[name])
  const what = [
    ...changed.map(name => WORDS[name] ?? name),
    ...(nameOf(begun) === nameOf(now) ? [] : [`the engine, from ${nameOf(begun)} to ${nameOf(now)}`]),
    ...(arithmeticOf(begun) === arithmeticOf(now)
      ? []
      : [`the arithmetic of agents' networks, from ${kernelsOf(begun)} to ${kernelsOf(now)}`]),
  ]
  if (what.length === 0) return
  throw inputError(
    'resume.changed',
    `since the run in ${dir} began, this has changed: ${what.join('; ')}. ` +
      'A run goes on with what it began with: put it back, or start a new one with --config and another --out',
  )
}

const WORDS: Readonly<Record<string, string>> = { data: 'the clips', model: 'the model' }

function nameOf({ engine, threads }: Origin): string {
  return threads === undefined ? engine : `${engine} with ${threads} threads`
}

/** Runs that began before it was recorded rounded twice. */
const arithmeticOf = ({ arithmetic = 'rounded' }: Origin): Arithmetic => arithmetic

const kernelsOf = (origin: Origin) => `${origin.kernels ?? 'others'} (${arithmeticOf(origin)})`

/** What a reader should know where the software isn't the same; undefined where it is. */
export function versionNotice(begun: Origin, now: Origin): string | undefined {
  const changed = Object.entries(now.versions).filter(([name, version]) => begun.versions[name] !== version)
  if (changed.length === 0) return undefined
  const words = changed.map(([name, version]) => `${name} ${begun.versions[name] ?? 'none'}, now ${version}`)
  return `this run began with other software (${words.join('; ')}): its end may differ`
}
