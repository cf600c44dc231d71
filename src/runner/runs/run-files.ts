import { lstat, readdir, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { inputError } from '../../common/error.ts'
import { LOCK } from './lock.ts'

/** Names of files, or of folders with what they hold: all that runs of any kind write into their folder. */
interface Known {
  readonly files: readonly RegExp[]
  readonly folders: readonly (readonly [name: RegExp, known: Known])[]
}

/** What was being written when a process was killed: its target's name, then a random one. */
const UNFINISHED = /(?:\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})?\.part(?:ial)?$/

const only = (...files: readonly RegExp[]): Known => ({ files, folders: [] })

const MODEL = only(/^model\.json$/, /^weights\.bin$/)
const CHECKPOINTS = only(/^config\.json$/, /^checkpoint-\d+\.json$/)

const OUTCOMES = only(/\.jsonl?$/)

const RUN: Known = {
  files: [
    /^(config|run|summary|policy|best-policy|table)\.json$/,
    /^events(-\d+-of-\d+)?\.jsonl$/,
    /^report\.html$/,
    /^profile\.cpuprofile$/,
    /^(figures|results|table)\.csv$/,
    /^(runs|episodes|evaluations)\.parquet$/,
    LOCK,
  ],
  folders: [
    [/^checkpoints$/, CHECKPOINTS],
    [/^model$/, MODEL],
    [/^tensorboard$/, only(/^events\.out\.tfevents\./)],
    [/^videos$/, only(/\.mp4$/)],
    [/^outcomes$/, OUTCOMES],
    // A listener's own, of any name.
    [/^artefacts$/, only(/^\w[\w.-]*$/)],
  ],
}

/** Of a benchmark: a run an environment, where there are several, agent or variant, and seed. */
function known(config: unknown): Known {
  const { agents, variants = {}, env } = Object(config)
  if (!Array.isArray(agents)) return RUN
  const contenders = oneOf([...agents, ...Object.keys(variants)])
  const where = Array.isArray(env) ? `(${oneOf(env.map(id => String(id).replaceAll('/', '@')))})@` : ''
  return {
    files: RUN.files,
    folders: [...RUN.folders, [new RegExp(`^${where}(${contenders})-\\d+$`), RUN]],
  }
}

function oneOf(names: readonly unknown[]): string {
  return names.map(name => String(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
}

/** Whether a killed process left this half-written, at a run folder's top or among its checkpoints. */
export function isUnfinished(name: string): boolean {
  const names = [
    ...RUN.files,
    ...RUN.folders.map(([pattern]) => pattern),
    ...CHECKPOINTS.files,
    ...OUTCOMES.files,
  ]
  return UNFINISHED.test(name) && names.some(pattern => pattern.test(targetOf(name)))
}

function targetOf(name: string): string {
  return name.replace(UNFINISHED, '')
}

/** What lies in a run's folder that no run of its kind writes; paths relative to it. */
export async function foreignFiles(dir: string, config: unknown): Promise<readonly string[]> {
  return (await walk(dir, known(config))).foreign
}

/** Removes what runs write, by name, and folders that are empty then; everything else stays. */
export async function removeRunFiles(dir: string, config: unknown): Promise<void> {
  const { files, folders } = await walk(dir, known(config))
  for (const file of files) await rm(join(dir, file), { force: true })
  // Inner ones first; one that got another file meanwhile stays.
  for (const folder of folders.toReversed()) await rmdir(join(dir, folder)).catch(() => undefined)
}

/**
 * Refuses a folder in which a link, a pipe or a device has the name of a run's own file: a run goes on in its own files,
 * and would write through a link into somebody else's.
 * @throws input error
 */
export async function refuseLinks(dir: string, config: unknown): Promise<void> {
  const { odd } = await walk(dir, known(config))
  if (odd.length === 0) return
  throw inputError(
    'run.link',
    `${join(dir, odd[0])} is a link, or no regular file: a run goes on in its own files alone. Put the file itself there (cp -L), or start a new run`,
  )
}

interface Walk {
  readonly files: readonly string[]
  readonly folders: readonly string[]
  readonly foreign: readonly string[]
  /** Neither files nor folders, under the name of one that runs write. */
  readonly odd: readonly string[]
}

async function walk(dir: string, { files, folders }: Known, prefix = ''): Promise<Walk> {
  const found = {
    files: [] as string[],
    folders: [] as string[],
    foreign: [] as string[],
    odd: [] as string[],
  }
  for (const name of (await readdir(dir).catch(() => [])).sort()) {
    const path = prefix + name
    const target = targetOf(name)
    // A link counts as a file: what it leads to is never looked into.
    const entry = await lstat(join(dir, name)).catch(error => {
      if (error.code !== 'ENOENT') throw error
    })
    // Another process has renamed it meanwhile.
    if (entry === undefined) continue
    if (!entry.isDirectory()) {
      const own = files.some(pattern => pattern.test(target))
      const named = own || folders.some(([pattern]) => pattern.test(target))
      if (named && !entry.isFile()) found.odd.push(path)
      found[own ? 'files' : 'foreign'].push(path)
      continue
    }
    const inner = folders.find(([pattern]) => pattern.test(target))
    if (inner === undefined) {
      found.foreign.push(`${path}/`)
      continue
    }
    found.folders.push(path)
    const below = await walk(join(dir, name), inner[1], `${path}/`)
    found.files.push(...below.files)
    found.folders.push(...below.folders)
    found.foreign.push(...below.foreign)
    found.odd.push(...below.odd)
  }
  return found
}
