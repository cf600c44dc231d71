import { hierarchy } from './pages/hierarchy.ts'
import { intervals } from './pages/intervals.ts'
import { parity } from './pages/parity.ts'
import type { Page } from './redraw.ts'

/** Pages of docs/results that are drawn from raw outcomes, by file. */
export const PAGES: Readonly<Record<string, Page>> = {
  'hierarchy.md': hierarchy,
  'intervals.md': intervals,
  'parity.md': parity,
}
