import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median } from '../../../src/common/quantile.ts'
import { loadDataset } from '../../../src/data/load.ts'
import { openSource } from '../../../src/data/open-source.ts'
import { table, times } from '../measure.ts'
import { describeRow, STEP_ROWS, type StepRow } from './row.ts'
import { stepping } from './steps.ts'

const CLIPS = fileURLToPath(new URL('../../../data/grid_command', import.meta.url))
const FRAME_RATE = 25
const ROWS: readonly StepRow[] = [
  STEP_ROWS['mobilenet-64'],
  { ...STEP_ROWS['mobilenet-64'], size: 224, batch: 4 },
]

/** How long the engine waits for a batch: read from the clip cache, and uploaded, of a step's time. */
export async function feeding(rounds: number, steps: number): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'layergym-bench-'))
  try {
    const rows: (readonly string[])[] = []
    for (const row of ROWS) rows.push(await fed(row, dir, { rounds, steps }))
    return table(['', 'step, ms', 'reading', 'upload', 'waiting (< 5 %)'], rows)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

async function fed(row: StepRow, dir: string, { rounds, steps }: { rounds: number; steps: number }) {
  const { frames, size, batch } = row
  const { clips } = await loadDataset(CLIPS)
  const some = clips.slice(0, 4 * batch)
  const format = { frames, size: [size, size], channels: 3, fit: 'crop', frameRate: FRAME_RATE } as const
  const source = openSource(format, { dir })
  try {
    await source.prepare(some)
    const { trainee, step } = await stepping(row, 'compiled')
    times(2, step)
    let at = 0
    const read = () => {
      at = (at + batch) % some.length
      return source.batch(some.slice(at, at + batch), 'uniform')
    }
    const found = Array.from({ length: rounds }, () => {
      const reading = median(times(steps, () => void read()))
      const pixels = read()
      const upload = median(times(steps, () => trainee.network.input(pixels, batch).dispose()))
      return { step: median(times(steps, step)), reading, upload }
    })
    process.stderr.write(`${describeRow(row)}: ${JSON.stringify(found)}\n`)
    const share = median(
      found.map(({ step: whole, reading, upload }) => (reading + upload) / (whole + reading)),
    )
    const of = (key: keyof (typeof found)[number]) => median(found.map(each => each[key])).toFixed(1)
    return [describeRow(row), of('step'), of('reading'), of('upload'), `${(100 * share).toFixed(1)} %`]
  } finally {
    source.close()
  }
}
