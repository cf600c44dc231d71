import { denseParity } from './pages/dense-parity.ts'
import { firstLoss } from './pages/first-loss.ts'
import { hierarchy } from './pages/hierarchy.ts'
import { intervals } from './pages/intervals.ts'
import { mainJob } from './pages/main-job.ts'
import { parity } from './pages/parity.ts'
import { selection } from './pages/selection.ts'
import { tasks } from './pages/tasks.ts'
import { workers } from './pages/workers.ts'
import type { Page } from './redraw.ts'

/** Pages of docs/results that are drawn from raw outcomes, by file. */
export const PAGES: Readonly<Record<string, Page>> = {
  'dense-parity.md': denseParity,
  'first-loss.md': firstLoss,
  'hierarchy.md': hierarchy,
  'intervals.md': intervals,
  'main-job.md': mainJob,
  'parity.md': parity,
  'selection.md': selection,
  'tasks.md': tasks,
  'workers.md': workers,
}
