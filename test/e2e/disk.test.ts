import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layergym, ROOT, smallRun, summaryOf, workspace, writeManifest } from '../support/e2e.ts'

const folder = workspace()
writeManifest(folder)
const cache = join(folder, 'cache')

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}

test('cache files that are cut short or garbled are noticed and rebuilt', async () => {
  const flags = { episodes: 1, baselines: 'none', cache }
  const before = await summaryOf(smallRun(folder, { ...flags, out: join(folder, 'before') }))
  const [short, empty, garbled] = filesBelow(cache).filter(path => path.endsWith('.clip'))
  const whole = readFileSync(short)
  truncateSync(short, whole.length - 100)
  truncateSync(empty, 0)
  const bytes = readFileSync(garbled)
  bytes[bytes.length - 5] ^= 1
  writeFileSync(garbled, bytes)
  const { code, out, err } = await layergym(smallRun(folder, { ...flags, out: join(folder, 'after') }))
  expect(code).toBe(0)
  expect(err.match(/was damaged and is rebuilt/g)).toHaveLength(3)
  expect(JSON.parse(out).hash).toBe(before.hash)
  expect(readFileSync(short).equals(whole)).toBe(true)
})

/** A small disk of one's own, without being root: Linux's user namespaces, where they are allowed. */
const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt']).status === 0

/** Runs the command with a disk of `size` mounted at `at`, and answers what is on it afterwards. */
function onSmallDisk(at: string, size: string, argv: readonly string[], free = '') {
  mkdirSync(at, { recursive: true })
  const bin = join(ROOT, 'bin', 'layergym.mjs')
  const script = `mount -t tmpfs -o size=${size} tmpfs '${at}' && "$@"; code=$?; ls -R '${at}' >&3; tail -c1 '${at}/run/events.jsonl' >&4 2>/dev/null; ${free} exit $code`
  const { status, stdout, stderr, output } = spawnSync(
    'unshare',
    ['-rm', 'sh', '-c', script, 'sh', process.execPath, bin, ...argv],
    { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] },
  )
  return { code: status, out: stdout, err: stderr, left: output[3] ?? '', lastByte: output[4] ?? '' }
}

describe.runIf(canMount)('no space left (needs mount in a user namespace)', { timeout: 240_000 }, () => {
  test('in the cache: exit 1, names it, leaves nothing half-written and no run folder', () => {
    const disk = join(folder, 'small-cache')
    const out = join(folder, 'never')
    const {
      code,
      err,
      left,
      out: text,
    } = onSmallDisk(disk, '64k', smallRun(folder, { cache: disk, out, size: 64 }))
    expect(err).toMatch(/clip cache .*small-cache.* no space left/)
    expect(code).toBe(1)
    expect(text).toBe('')
    expect(left).not.toMatch(/^[\da-f]{8}-[\da-f-]{27}$/m)
    expect(existsSync(out)).toBe(false)
  })

  test.each(['8k', '500k'])('in the run folder, with %s', size => {
    const disk = join(folder, 'small-runs')
    const { code, err, left, lastByte, out } = onSmallDisk(
      disk,
      size,
      smallRun(folder, { out: join(disk, 'run') }),
    )
    expect(err).toMatch(/small-runs.*no space left on the disk/)
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(left).not.toContain('.partial')
    expect(left).not.toContain('summary.json')
    if (left.includes('config.json')) expect(err).toContain('layergym resume')
    expect(['', '\n']).toContain(lastByte)
  })

  test('once there is space again, the run goes on to the same end', async () => {
    const reference = await summaryOf(smallRun(folder, { out: join(folder, 'roomy') }))
    const disk = join(folder, 'filling')
    const run = join(disk, 'run')
    const bin = join(ROOT, 'bin', 'layergym.mjs')
    const again = `mount -o remount,size=64m '${disk}' && '${process.execPath}' '${bin}' resume '${run}' --json; code=$?;`
    const { code, err, out } = onSmallDisk(disk, '500k', smallRun(folder, { out: run }), again)
    expect(err).toContain('no space left on the disk')
    expect(code).toBe(0)
    expect(JSON.parse(out).hash).toBe(reference.hash)
  })
})

test('a cache or run folder that may not be written: exit 1 and its name', async () => {
  const file = join(folder, 'in-the-way')
  writeFileSync(file, '')
  const cached = await layergym(smallRun(folder, { cache: join(file, 'cache'), out: join(folder, 'none') }))
  expect(cached.code).toBe(1)
  expect(cached.err).toMatch(/clip cache .*in-the-way/)
  const run = await layergym(smallRun(folder, { out: join(file, 'run') }))
  expect([1, 2]).toContain(run.code)
  expect(run.err).toContain('in-the-way')
})
