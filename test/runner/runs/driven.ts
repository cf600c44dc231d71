import { readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { begin, resume } from '../../../src/runner/runs/drive.ts'
import { concluded } from '../../../src/runner/runs/job.ts'
import { type Toy, type ToySummary, toyHooks, toyJob } from '../../support/toy-job.ts'

export const fresh = async () => join(await mkdtemp(join(tmpdir(), 'layergym-test-')), 'run')

export async function run(dir: string, toy: Toy = {}, values: object = {}): Promise<ToySummary> {
  return concluded(await begin(toyJob(toy), { out: dir, ...values }, toyHooks()))
}

export const goOn = async (dir: string, toy: Toy = {}, hooks = toyHooks()) =>
  concluded(await resume(toyJob(toy), dir, hooks))

export interface Line {
  readonly seq: number
  readonly time: string
  readonly unit?: string
  readonly type: string
  readonly message?: string
}

export function linesOf(dir: string, name = 'events.jsonl'): readonly Line[] {
  const text = readFileSync(join(dir, name), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
}

export const timeless = (lines: readonly Line[]) => lines.map(({ time: _, ...line }) => line)

/** Begins one that stops at that step, by an error that no unit is to blame for, as a kill would: nothing is tidied. */
export async function stoppedAt(unit: string, step: number, values: object = {}) {
  const dir = await fresh()
  const stop = Object.assign(new Error('killed'), { syscall: 'kill' })
  const toy = {
    onStep: (key: string, at: number) => {
      if (key === unit && at === step) throw stop
    },
  }
  await expect(run(dir, toy, values)).rejects.toBe(stop)
  return dir
}
