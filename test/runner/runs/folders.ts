import { mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const folder = async () => join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'run')

export async function place(dir: string, ...files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(dir, file)), { recursive: true })
    await writeFile(join(dir, file), 'content')
  }
}

export async function below(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort()
}

export const FRESH = ['checkpoints/config.json', 'config.json']
export const UUID = '0c9e5c1e-5f52-4f0c-9f0e-4a1d8a0e7a11'
