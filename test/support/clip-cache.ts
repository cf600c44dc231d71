import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of decoded clips that all tests of one run share: decoding takes longer than most runs on them. */
    clipCache: string
  }
}

/** Before and after all tests (vitest.config.ts). */
export function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-clips-'))
  provide('clipCache', folder)
  return () => rmSync(folder, { recursive: true, force: true })
}
