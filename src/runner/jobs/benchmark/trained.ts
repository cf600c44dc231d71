import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { LayergymError } from '../../../common/error.ts'
import { begin, resume } from '../../runs/drive.ts'
import type { RunHooks } from '../../runs/hooks.ts'
import { concluded } from '../../runs/job.ts'
import { trainJob } from '../train/job.ts'
import type { TrainSummary } from '../train/summary.ts'

/** Milliseconds: a process whose parent was killed needs some to end. */
const PATIENCE = 5000

/** A training run in a folder, from its checkpoint where it has one. */
export async function trained(config: object, dir: string, hooks: RunHooks): Promise<TrainSummary> {
  const start = hooks.clock()
  for (;;) {
    try {
      const begun = existsSync(join(dir, 'config.json'))
      return concluded(
        begun ? await resume(trainJob(), dir, hooks) : await begin(trainJob(), { ...config }, hooks),
      )
    } catch (error) {
      const busy = error instanceof LayergymError && error.code === 'run.busy'
      if (!busy || hooks.clock() - start > PATIENCE) throw error
      await pause(100)
    }
  }
}
