import { median } from '../../../src/common/quantile.ts'
import { table, times } from '../measure.ts'
import { torchSteps } from '../torch.ts'
import type { Peers } from './against-peers.ts'
import { describeRow, STEP_ROWS } from './row.ts'
import { stepping } from './steps.ts'

/** A step's time and the processor time of its process: on a GPU, what the host does for it. */
export async function host(names: readonly string[], peers: Peers): Promise<string> {
  const rows: (readonly string[])[] = []
  for (const name of names) rows.push(await measured(name, peers))
  const columns = [
    'ms: one step',
    'compiled',
    'its processor time',
    'torch',
    'its processor time',
    'compiled / torch',
  ]
  return table(columns, rows)
}

async function measured(name: string, peers: Peers): Promise<readonly string[]> {
  const row = STEP_ROWS[name]
  const { net, size, batch, frames, mode } = row
  const { step } = await stepping(row, 'compiled')
  times(3, step)
  const found = Array.from({ length: peers.rounds }, () => {
    const before = process.cpuUsage()
    const own = median(times(peers.steps, step))
    const { user, system } = process.cpuUsage(before)
    const peer = { net, size, batch, frames, mode, ...peers.peer, threads: peers.threads, steps: peers.steps }
    const torch = peers.torch ? torchSteps({ ...peer, channelsLast: true }) : undefined
    return {
      step: own,
      host: (user + system) / 1000 / peers.steps,
      torch: torch === undefined ? Number.NaN : median(torch.times),
      torchHost: torch?.hostMs ?? Number.NaN,
    }
  })
  process.stderr.write(`${name}: ${JSON.stringify(found)}\n`)
  const of = (key: keyof (typeof found)[number]) => median(found.map(each => each[key])).toFixed(1)
  const ratio = median(found.map(each => each.step / each.torch)).toFixed(2)
  return [describeRow(row), of('step'), of('host'), of('torch'), of('torchHost'), ratio]
}
