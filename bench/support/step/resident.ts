import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { table } from '../measure.ts'
import { torchSteps } from '../torch.ts'
import { describeRow, STEP_ROWS } from './row.ts'

const STEPS = 20
const OWN = fileURLToPath(new URL('resident-own.ts', import.meta.url))

/** The most that a process of one compiled training held, beside PyTorch's. */
export function resident(names: readonly string[], threads: number): string {
  const rows = names.map(name => {
    const { net, size, batch, frames, mode } = STEP_ROWS[name]
    const ours = ownResidentMb(name)
    const peer = { net, size, batch, frames, mode, threads, steps: STEPS }
    const layouts = [true, false].map(channelsLast => torchSteps({ ...peer, channelsLast }).residentMb)
    const theirs = Math.min(...layouts)
    return [describeRow(STEP_ROWS[name]), ours, theirs, (ours / theirs).toFixed(2)]
  })
  return table(
    ['resident set at its largest, MB', 'ours', 'torch, the smaller layout', 'ours / torch (≤ 1.3)'],
    rows,
  )
}

function ownResidentMb(name: string): number {
  const given = [...process.execArgv, OWN, name, String(STEPS)]
  const { status, stdout, stderr } = spawnSync(process.execPath, given, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${OWN} failed:\n${stderr}`)
  return Number(stdout.trim())
}
