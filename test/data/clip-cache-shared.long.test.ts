import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { openCacheFile } from '../../src/data/cache-file.ts'
import { madeUp } from './stress-cache.ts'

const PROGRAM = fileURLToPath(new URL('stress-cache.ts', import.meta.url))
const COUNT = 10_000
/** As containers on one volume: each process is number 1 in a space of its own, where that is allowed. */
const NAMESPACE = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc']
const isolated =
  process.platform === 'linux' && spawnSync(NAMESPACE[0], [...NAMESPACE.slice(1), 'true']).status === 0

test(`${COUNT} clips written at once by processes, their threads, and processes of one number: none is wrong`, async () => {
  // Removed in the test itself: so many files take longer than a hook may.
  const dir = mkdtempSync(join(tmpdir(), 'layergym-stress-'))
  const starts = [[], [], ...(isolated ? [NAMESPACE, NAMESPACE] : [])]
  await Promise.all(
    starts.map((before, i) => {
      const [program, ...args] = [
        ...before,
        process.execPath,
        '--import',
        'tsx',
        PROGRAM,
        dir,
        String(COUNT),
        String(i),
      ]
      return promisify(execFile)(program, args)
    }),
  )
  const wrong: number[] = []
  for (let n = 0; n < COUNT; n++) {
    const { path, origin, frames } = madeUp(dir, n)
    const entry = await openCacheFile(path, origin)
    const whole = typeof entry === 'object' && readFileSync(path).subarray(entry.offset).equals(frames.frames)
    if (!whole) wrong.push(n)
  }
  expect(wrong).toEqual([])
  expect(readdirSync(join(dir, 'partial'))).toEqual([])
  rmSync(dir, { recursive: true })
})
