/**
 * What check-data takes for 1,000 pictures of a size: seconds of processor time, its decoder's included, and of a clock.
 *   npx tsx bench/check-data.ts [pictures]
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findCodecs } from '../src/data/codecs.ts'
import { table } from './support/measure.ts'

const COUNT = Number(process.argv[2] ?? 1000)
const KINDS = [
  ['640x480', 'jpg'],
  ['640x480', 'png'],
  ['1280x720', 'jpg'],
  ['4000x3000', 'jpg'],
] as const
/** Different pictures of a kind; the others are copies. */
const DIFFERENT = 8

const { ffmpeg } = await findCodecs()
const entry = fileURLToPath(new URL('../bin/layergym.mjs', import.meta.url))
const rows = KINDS.map(([size, type]) => {
  const folder = mkdtempSync(join(tmpdir(), 'layergym-bench-'))
  try {
    fill(folder, size, type)
    const began = performance.now()
    const processor = processorSeconds([process.execPath, entry, 'check-data', folder, '--json'])
    return [
      `${size} ${type}`,
      COUNT,
      processor.toFixed(1),
      ((performance.now() - began) / 1000).toFixed(1),
    ] as const
  } finally {
    rmSync(folder, { recursive: true })
  }
})
process.stdout.write(table(['pictures', 'how many', 'processor time, s', 'clock, s'], rows))

/** Two class folders of test pictures. */
function fill(folder: string, size: string, type: string): void {
  const source = ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=1`, '-frames:v', String(DIFFERENT)]
  execFileSync(ffmpeg.path, ['-v', 'error', ...source, '-q:v', '3', join(folder, `%d.${type}`)])
  for (const name of ['a', 'b']) mkdirSync(join(folder, name))
  for (let i = 0; i < COUNT; i++) {
    const from = join(folder, `${1 + (i % DIFFERENT)}.${type}`)
    copyFileSync(from, join(folder, i % 2 ? 'a' : 'b', `${i}.${type}`))
  }
  for (let i = 1; i <= DIFFERENT; i++) rmSync(join(folder, `${i}.${type}`))
}

/** Of a command and all that it starts: the shell's `times`, user and system. */
function processorSeconds(command: readonly string[]): number {
  const said = execFileSync('sh', ['-c', '"$@" > /dev/null && times', 'sh', ...command], { encoding: 'utf8' })
  const [, children] = said.trim().split('\n')
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
    0,
  )
}
