import type { Heat } from './moves.ts'
import type { Point } from './points.ts'

/** What a page shows of a run, or of several side by side: figures in words, curves drawn thin. Of a bounded size. */
export interface View {
  readonly title: string
  readonly heads: readonly Head[]
  /** What a finished run says of itself, in a sentence or two. */
  readonly verdict?: string
  readonly charts: readonly Chart[]
  readonly heats: readonly Heat[]
  readonly tables: readonly Table[]
  /** Of one run: how many episodes, notices and lines of its log there are, pages of which are asked for. */
  readonly history?: {
    readonly run: string
    readonly episodes: number
    readonly notices: number
    readonly lines: number
  }
}

/** A run in a list. */
export interface RunListed {
  /** Its path below the folder that is watched; empty for that itself. */
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly state: State
  /** Of a run that is a part of another. */
  readonly parent?: string
}

/** `interrupted`: it can be resumed. */
export type State = 'running' | 'done' | 'failed' | 'interrupted'

export interface Head extends RunListed {
  /** What it is doing, or has come to, in words. */
  readonly words: string
  readonly progress?: { readonly words: string; readonly share: number }
  readonly facts: readonly Fact[]
  /** Whether there is a report.html. */
  readonly report: boolean
}

export interface Fact {
  readonly label: string
  readonly value: Cell
}

/** A figure with the number that it is made of, or words. */
export interface Cell {
  readonly text: string
  readonly exact?: number
}

export interface Chart {
  readonly id: string
  /** How the run goes, or what agents say of their updates. */
  readonly about: 'run' | 'agents'
  readonly title: string
  readonly description: string
  /** Of its axes. */
  readonly x: string
  readonly y: string
  readonly series: readonly Series[]
  /** Level lines to compare with. */
  readonly levels: readonly { readonly name: string; readonly y: number }[]
}

export interface Series {
  readonly name: string
  /** Points alone, or a line through them. */
  readonly drawn: 'line' | 'points'
  readonly points: readonly Point[]
}

export interface Table {
  readonly caption: string
  readonly head: readonly string[]
  /** The first cell of a row is its header. */
  readonly rows: readonly (readonly Cell[])[]
}

export const words = (text: string): Cell => ({ text })
export const figure = (exact: number, format: (value: number) => string): Cell => ({
  text: format(exact),
  ...(Number.isFinite(exact) && { exact }),
})

/** Runs side by side: curves of one kind on one pair of axes, facts in one table. */
export function sideBySide(views: readonly View[]): View {
  const heads = views.flatMap(view => view.heads)
  const ids = [...new Set(views.flatMap(({ charts }) => charts.map(({ id }) => id)))]
  return {
    title: `${views.length} runs side by side`,
    heads: heads.map(head => ({ ...head, facts: [] })),
    charts: ids.flatMap(id => mergedChart(id, views)),
    heats: views.flatMap(({ title, heats }) =>
      heats.map(heat => ({ ...heat, id: `${heat.id}-${title}`, title: `${heat.title}: ${title}` })),
    ),
    tables: [factsTable(heads)],
  }
}

/** One chart of all that have it; each series by its run's name too. */
function mergedChart(id: string, views: readonly View[]): readonly Chart[] {
  const having = views.flatMap(({ title, charts }) =>
    charts.filter(chart => chart.id === id).map(chart => ({ title, chart })),
  )
  if (having.length === 0) return []
  const named = <T extends { readonly name: string }>(title: string, items: readonly T[], alone: boolean) =>
    items.map(item => ({ ...item, name: alone ? title : `${title}: ${item.name}` }))
  return [
    {
      ...having[0].chart,
      series: having.flatMap(({ title, chart }) => named(title, chart.series, chart.series.length === 1)),
      levels: having.flatMap(({ title, chart }) => named(title, chart.levels, false)),
    },
  ]
}

function factsTable(heads: readonly Head[]): Table {
  const labels = [...new Set(heads.flatMap(({ facts }) => facts.map(({ label }) => label)))]
  return {
    caption: 'Side by side',
    head: ['run', ...labels],
    rows: heads.map(({ name, facts }) => [
      words(name),
      ...labels.map(label => facts.find(fact => fact.label === label)?.value ?? words('-')),
    ]),
  }
}
