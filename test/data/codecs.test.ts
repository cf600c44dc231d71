import { chmodSync, writeFileSync } from 'node:fs'
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
  test('takes the bundled programs where the PATH has none', async () => {
    vi.stubEnv('PATH', temporaryFolder())
    const { ffmpeg, ffprobe } = await findCodecs()
    expect([ffmpeg.source, ffprobe.source]).toEqual(['bundled', 'bundled'])
    expect(ffmpeg.version).toMatch(/\S/)
  })

  test('takes those on the PATH first, each by itself', async () => {
    const folder = temporaryFolder()
    pretend(
      folder,
      'ffmpeg',
      'echo "ffmpeg version 9.9 Copyright"; echo "libavutil      61. 1.100 / 61. 1.100"',
    )
    vi.stubEnv('PATH', [temporaryFolder(), folder, '/bin'].join(delimiter))
    const { ffmpeg, ffprobe } = await findCodecs()
    expect(ffmpeg).toEqual({
      path: join(folder, 'ffmpeg'),
      version: '9.9',
      source: 'PATH',
      syncOption: '-fps_mode',
    })
    expect(ffprobe.path).not.toContain(folder)
  })

  test('passes over one that does not run', async () => {
    const folder = temporaryFolder()
    pretend(folder, 'ffmpeg', 'exit 127')
    vi.stubEnv('PATH', [folder, '/bin'].join(delimiter))
    expect((await findCodecs()).ffmpeg.source).toBe('bundled')
  })
})
