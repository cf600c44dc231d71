import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openClipCache } from '../../src/data/clip-cache.ts'
import { shippedClips, temporaryFolder } from './fixtures.ts'

const NOBODY = 65_534
const recipe = { size: [24, 32], channels: 3, fit: 'crop', frameRate: 12.5 } as const

/** Does it as a user who owns nothing. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  process.seteuid?.(NOBODY)
  try {
    return await work()
  } finally {
    process.seteuid?.(0)
  }
}

/** A folder that everyone may enter, with a clip that everyone may read in it, and a cache folder of root's. */
function place(mode: number) {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  const path = join(folder, 'clip.mp4')
  copyFileSync(shippedClips(1)[0], path)
  chmodSync(path, 0o644)
  const dir = join(folder, 'cache')
  mkdirSync(dir)
  chmodSync(dir, mode)
  const clip = { id: 'clip', path, label: 'x' }
  const preparing = (more = {}) => asNobody(() => openClipCache({ ...recipe, dir, ...more }).prepare([clip]))
  return { dir, clip, path, preparing }
}

/** Refused before anything is decoded: the clip, of which only the first bytes are one, would be an error of its own. */
async function expectRefused({ path, dir, preparing }: ReturnType<typeof place>): Promise<void> {
  writeFileSync(path, 'xxxxftypisom and no more')
  const refused = expect(preparing()).rejects
  await refused.toMatchObject({ code: 'cache.unwritable', exitCode: 1 })
  await expect(preparing()).rejects.toThrow(
    new RegExp(`${dir} cannot be used: EACCES.*name another folder for it \\(--cache\\)`),
  )
}

const canBeNobody = process.platform === 'linux' && process.getuid?.() === 0

describe.runIf(canBeNobody)('a cache folder of another user’s (needs root, to be somebody else)', () => {
  test('that may be read only: said before a clip is decoded', async () => {
    const at = place(0o755)
    await expectRefused(at)
    expect(readdirSync(at.dir)).toEqual([])
  })

  test('that may not be entered', async () => {
    await expectRefused(place(0o700))
  })

  test('that may be written, but not where the clip would lie', async () => {
    const at = place(0o777)
    for (let i = 0; i < 256; i++) mkdirSync(join(at.dir, i.toString(16).padStart(2, '0')))
    await expectRefused(at)
  })

  test('that may be written, but not where clips are half-written', async () => {
    const at = place(0o777)
    mkdirSync(join(at.dir, 'partial'))
    await expectRefused(at)
  })

  test('that may be read only, and holds every clip, serves', async () => {
    const { dir, clip } = place(0o755)
    await openClipCache({ ...recipe, dir }).prepare([clip])
    const cache = openClipCache({ ...recipe, dir })
    await asNobody(() => cache.prepare([clip]))
    expect(cache.times(clip)).toHaveLength(16)
  })

  test('what they left half-written stays, and is no error', async () => {
    const { dir, clip, preparing } = place(0o755)
    await openClipCache({ ...recipe, dir }).prepare([clip])
    const left = join(dir, 'partial', 'left')
    writeFileSync(left, 'half')
    utimesSync(left, 1000, 1000)
    await preparing({ clock: () => 1e10 })
    expect(existsSync(left)).toBe(true)
    chownSync(join(dir, 'partial'), NOBODY, NOBODY)
    await preparing({ clock: () => 1e10 })
    expect(existsSync(left)).toBe(false)
  })
})
