// Child processes and scratch folders that leave nothing behind, whatever ends the set-up.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

const children = new Set()
const scratch = new Set()

/** A step that can't be done here: the message is one plain sentence with what to do about it. */
export class CannotSetUp extends Error {
  /**
   * @param {string} message
   * @param {{ retryAfter?: number }} options milliseconds after which the next start tries again although the
   * tools are the same: 0 for a full disk, Infinity (the default) for what time does not mend
   */
  constructor(message, { retryAfter = Number.POSITIVE_INFINITY } = {}) {
    super(message)
    this.retryAfter = retryAfter
  }
}

/** Ctrl-C and its like end the set-up's children, remove what is half written, and exit. Returns the undo. */
export function cleanUpOnSignals() {
  const handlers = { SIGINT: () => leave(130), SIGTERM: () => leave(143), SIGHUP: () => leave(129) }
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler)
  return () => {
    for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler)
  }
}

function leave(code) {
  for (const child of children) killTree(child, 'SIGKILL')
  for (const folder of scratch) rmSync(folder, { recursive: true, force: true })
  process.stderr.write('\nset-up: stopped; the next start takes it up again\n')
  process.exit(code)
}

// Compilers and pip start processes of their own: each child leads a group, which dies whole.
function killTree(child, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {}
}

/**
 * Runs a program to its end. Never throws: answers its exit code and all that it printed.
 * @returns {Promise<{ code: number | null, output: string }>}
 */
export function run(program, args, { cwd, env = process.env, input, timeout } = {}) {
  return new Promise(resolve => {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    children.add(child)
    const timer = timeout === undefined ? undefined : setTimeout(() => killTree(child, 'SIGKILL'), timeout)
    let output = ''
    const finish = code => {
      clearTimeout(timer)
      children.delete(child)
      resolve({ code, output })
    }
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += chunk))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    child.on('error', error => {
      output += error.message
      finish(null)
    })
    child.on('close', finish)
  })
}

const DAY = 86_400_000

/** A scratch folder in `parent` for `work`, gone afterwards; those of dead processes are removed too. */
export async function withScratch(parent, work) {
  mkdirSync(parent, { recursive: true })
  for (const name of readdirSync(parent)) {
    if (name.startsWith('.scratch-') && isAbandoned(parent, name))
      rmSync(join(parent, name), { recursive: true, force: true })
  }
  const folder = mkdtempSync(join(parent, `.scratch-${whereabouts()}-${process.pid}-`))
  scratch.add(folder)
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
    scratch.delete(folder)
  }
}

/** A process number says something where it was given; what others have begun is theirs for a day. */
function isAbandoned(parent, name) {
  const [, where, pid] = /^\.scratch-([\da-f]{8})-(\d+)-/.exec(name) ?? []
  if (where === whereabouts()) return !isAlive(Number(pid))
  const facts = statSync(join(parent, name), { throwIfNoEntry: false })
  return facts !== undefined && Date.now() - facts.mtimeMs > DAY
}

/** Names the space that process numbers are of: containers that share a cache count from 1 each. */
function whereabouts() {
  const parts = [hostname()]
  try {
    parts.push(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'), readlinkSync('/proc/self/ns/pid'))
  } catch {} // not Linux
  return createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 8)
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/**
 * Puts a folder that was made in a scratch folder into its place, unless another process was quicker with one that
 * is complete.
 */
export function putInPlace(made, target, isComplete) {
  for (let tries = 1; ; tries++) {
    if (existsSync(target)) {
      if (isComplete(target)) return
      // Aside first, in one step: nobody sees half of it.
      const old = mkdtempSync(`${made}-old-`)
      try {
        renameSync(target, join(old, 'folder'))
      } catch (error) {
        if (error.code !== 'ENOENT') throw error
      }
    }
    try {
      renameSync(made, target)
      return
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(error.code) || tries === 10) throw error
    }
  }
}

/**
 * Says what is going on, on stderr: a line at the start, one every ten seconds (on a terminal every second, in
 * place), one at the end with the time it took.
 */
export async function withProgress(what, work, detail = () => '') {
  const start = performance.now()
  const terminal = process.stderr.isTTY === true
  const line = () => {
    const more = detail()
    return `set-up: ${what}… ${more === '' ? '' : `${more}, `}${Math.round((performance.now() - start) / 1000)} s`
  }
  process.stderr.write(terminal ? line() : `set-up: ${what}…\n`)
  const timer = setInterval(
    () => process.stderr.write(terminal ? `\r\x1b[K${line()}` : `${line()}\n`),
    terminal ? 1000 : 10_000,
  )
  let outcome = 'failed'
  try {
    const result = await work()
    if ((result?.code ?? 0) === 0) outcome = 'done'
    return result
  } finally {
    clearInterval(timer)
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    process.stderr.write(`${terminal ? '\r\x1b[K' : ''}set-up: ${what}: ${outcome} in ${seconds} s\n`)
  }
}
