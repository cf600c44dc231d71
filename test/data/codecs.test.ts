import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { findCodecs } from '../../src/data/codecs.ts'
import { temporaryFolder } from './fixtures.ts'

afterEach(() => vi.unstubAllEnvs())

function pretend(folder: string, name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, name), 0o755)
}

describe('findCodecs', () => {
  test('takes the bundled program where there is no other', async () => {
    vi.stubEnv('PATH', temporaryFolder())
    vi.stubEnv('XDG_CACHE_HOME', temporaryFolder())
    const { ffmpeg } = await findCodecs()
    expect(ffmpeg.source).toBe('bundled')
    expect(ffmpeg.version).toMatch(/\S/)
  })

  test('takes the one on the PATH first, and says of which year it is', async () => {
    const folder = temporaryFolder()
    pretend(
      folder,
      'ffmpeg',
      'echo "ffmpeg version 9.9 Copyright (c) 2000-2031 the authors"; echo "libavutil      61. 1.100 / 61. 1.100"',
    )
    vi.stubEnv('PATH', [temporaryFolder(), folder, '/bin'].join(delimiter))
    const { ffmpeg } = await findCodecs()
    expect(ffmpeg).toEqual({
      path: join(folder, 'ffmpeg'),
      version: '9.9',
      year: 2031,
      source: 'PATH',
      syncOption: '-fps_mode',
    })
  })

  test('takes the one that the set-up fetched before the bundled', async () => {
    const cache = temporaryFolder()
    mkdirSync(join(cache, 'layergym', 'ffmpeg'), { recursive: true })
    pretend(join(cache, 'layergym', 'ffmpeg'), 'ffmpeg', 'echo "ffmpeg version 9.1"')
    vi.stubEnv('PATH', ['/bin', temporaryFolder()].join(delimiter))
    vi.stubEnv('XDG_CACHE_HOME', cache)
    expect((await findCodecs()).ffmpeg).toMatchObject({ version: '9.1', source: 'set-up' })
  })

  test('passes over one that does not run', async () => {
    const folder = temporaryFolder()
    pretend(folder, 'ffmpeg', 'exit 127')
    vi.stubEnv('XDG_CACHE_HOME', temporaryFolder())
    vi.stubEnv('PATH', [folder, '/bin'].join(delimiter))
    expect((await findCodecs()).ffmpeg.source).toBe('bundled')
  })
})
