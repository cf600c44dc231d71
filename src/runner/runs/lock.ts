import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inputError, type LayergymError } from '../../common/error.ts'
import { readTextFile } from '../../common/regular-file.ts'
import type { Clock } from '../play/roles.ts'
import { writeNew } from './atomic.ts'

/** Who works on a folder. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** When the lock was taken, ISO. */
  readonly since: string
  /** When the process began, as its system says it: another one may have its number later. */
  readonly born?: string
  /** The part of the work that is meant; all of it where there is none. */
  readonly part?: string
}

export const LOCK = /^lock-[\da-f-]{36}\.json$/
/** Milliseconds: how often, and how long, one that came first waits for those that came after it to step back. */
const PACE = 20
const PATIENCE = 1500

/**
 * Takes a folder for this process, or for a part of its work that goes with other parts. Each who wants it puts down a
 * file of its own and then looks for others: so of two at least one sees the other, and the later one steps back. Files
 * of dead processes of this host are removed.
 * @returns releases it
 * @throws input error `run.busy` that names who has it
 */
export async function takeFolder(
  dir: string,
  { clock, part }: { readonly clock: Clock; readonly part?: string },
): Promise<() => Promise<void>> {
  const name = `lock-${randomUUID()}.json`
  const since = new Date(clock()).toISOString()
  const own: Holder = { pid: process.pid, host: hostname(), since, born: await birthOf(process.pid), part }
  await writeNew(join(dir, name), `${JSON.stringify(own)}\n`)
  const release = () => rm(join(dir, name), { force: true })
  for (let waited = 0; ; waited += PACE) {
    const holders = await holdersOf(dir).catch(async error => {
      await release()
      throw error
    })
    const others = holders.filter(other => other.name !== name && collide(other.holder, own))
    if (others.length === 0) return release
    const [first] = others.sort((a, b) => (before(a, b) ? -1 : 1))
    if (before(first, { name, holder: own }) || waited >= PATIENCE) {
      await release()
      throw busy(dir, first)
    }
    await pause(PACE)
  }
}

/** @throws input error `run.busy` where someone works there */
export async function refuseBusy(dir: string): Promise<void> {
  const [holder] = await holdersOf(dir)
  if (holder !== undefined) throw busy(dir, holder)
}

interface Named {
  readonly name: string
  readonly holder: Holder
}

/** Those that live; what the dead left is removed. */
async function holdersOf(dir: string): Promise<Named[]> {
  const found = await lockFiles(dir, name => {
    throw inputError('run.lock', `${join(dir, name)} says nobody's name: if nobody works there, delete it`)
  })
  for (const { name, alive } of found) if (!alive) await rm(join(dir, name), { force: true })
  return found.filter(({ alive }) => alive)
}

/** Who works on a folder; for someone who only looks, so nothing is removed. */
export async function workersOn(dir: string): Promise<readonly Holder[]> {
  const found = await lockFiles(dir, () => undefined)
  return found.filter(({ alive }) => alive).map(({ holder }) => holder)
}

/** @param onDamaged told of what no run has written under a lock's name */
async function lockFiles(
  dir: string,
  onDamaged: (name: string) => void,
): Promise<(Named & { readonly alive: boolean })[]> {
  const names = (await readdir(dir).catch(() => [])).filter(name => LOCK.test(name))
  const found = []
  for (const name of names) {
    const text = await readTextFile(join(dir, name), LOCK_FILE).catch(gone)
    // One that is empty is being written: whoever writes it looks for others when it stands.
    if (text === undefined || text === '') continue
    const holder = holderOf(text)
    if (holder === undefined) onDamaged(name)
    else found.push({ name, holder, alive: await isAlive(holder) })
  }
  return found
}

const LOCK_FILE = { most: 2 ** 16, follow: false }

/** What can't be read, a link or a pipe, is no lock. */
function gone(error: NodeJS.ErrnoException): string | undefined {
  return error.code === 'ENOENT' ? undefined : 'no lock'
}

function holderOf(text: string): Holder | undefined {
  try {
    const holder = JSON.parse(text) as Holder
    const { pid, host, since } = holder
    const named = [host, since].every(value => typeof value === 'string')
    return named && Number.isSafeInteger(pid) && pid > 0 ? holder : undefined
  } catch {
    return undefined
  }
}

/** Of another host nobody knows, so it counts as alive. */
async function isAlive({ pid, host, born }: Holder): Promise<boolean> {
  if (host !== hostname()) return true
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return born === undefined || born === (await birthOf(pid))
}

/** Clock ticks from the machine's start to the process's, where the system tells (Linux). */
async function birthOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name before it may have spaces and parentheses.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19]
}

/** Parts of one division go together. */
function collide(a: Holder, b: Holder): boolean {
  const of = ({ part }: Holder) => part?.split('/')[1]
  return a.part === b.part || of(a) === undefined || of(a) !== of(b)
}

function before(a: Named, b: Named): boolean {
  return a.holder.since === b.holder.since ? a.name < b.name : a.holder.since < b.holder.since
}

function busy(dir: string, { name, holder }: Named): LayergymError {
  const { pid, host, since, part } = holder
  const what = part === undefined ? '' : `, on part ${part}`
  const where = host === hostname() ? '' : ` (if it is dead, delete ${join(dir, name)})`
  return inputError(
    'run.busy',
    `process ${pid} on ${host} works on ${dir} since ${since}${what}: wait for its end, or stop it${where}`,
  )
}
