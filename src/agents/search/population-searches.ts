import { asha, ashaConfig } from './asha.ts'
import { pbt, pbtConfig } from './pbt.ts'
import type { PopulationSearch } from './resumable.ts'

export const searchNames = ['asha', 'pbt'] as const
export type SearchName = (typeof searchNames)[number]

/** Searches over runs that are left and taken up again, by id. They are no agents: they need the runs' states. */
export const populationSearches: Readonly<Record<SearchName, PopulationSearch>> = {
  asha: {
    description: 'many short runs, of which one in three goes on, again and again (ASHA: Li et al. 2020)',
    config: ashaConfig,
    search: asha,
  },
  pbt: {
    description:
      'runs side by side; the worst become copies of the best, at other rates (PBT: Jaderberg et al. 2017)',
    config: pbtConfig,
    search: pbt,
  },
}
