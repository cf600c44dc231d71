import type { EpisodeSummary, RoundSummary } from '../play/summary.ts'
import { learningRate, percent, signed } from '../report/words.ts'

/** How a group went through an episode. */
export interface GroupMove {
  /** Of the rounds, those in which it moved. */
  readonly share: number
  /** Geometric mean over those; 0 where there was none. */
  readonly rate: number
}

/** A picture of who moves at which rate: a row a group. */
export interface Heat {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly rows: readonly string[]
  readonly columns: readonly string[]
  /** [row][column]. */
  readonly cells: readonly (readonly HeatCell[])[]
}

export interface HeatCell {
  /** 0: frozen. */
  readonly rate: number
  readonly words: string
}

/** One a group, of an episode's rounds. A loop, as a long run has millions of them. */
export function movesOf(rounds: readonly RoundSummary[]): readonly GroupMove[] {
  const groups = rounds[0]?.groups.length ?? 0
  const logs = new Float64Array(groups)
  const moving = new Float64Array(groups)
  for (const round of rounds)
    for (let group = 0; group < groups; group++) {
      const rate = round.groups[group]?.learningRate ?? 0
      if (rate <= 0) continue
      logs[group] += Math.log(rate)
      moving[group]++
    }
  return Array.from(logs, (sum, group) =>
    moving[group] === 0
      ? { share: 0, rate: 0 }
      : { share: moving[group] / rounds.length, rate: Math.exp(sum / moving[group]) },
  )
}

/** Over episodes, in at most so many columns; undefined where no group is known. */
export function movesOverEpisodes(
  episodes: readonly { readonly index: number; readonly groups: readonly GroupMove[] }[],
  names: readonly string[],
  most: number,
): Heat | undefined {
  const known = episodes.filter(({ groups }) => groups.length > 0)
  if (known.length === 0) return undefined
  const each = Math.ceil(known.length / most)
  const buckets = Array.from({ length: Math.ceil(known.length / each) }, (_, i) =>
    known.slice(i * each, (i + 1) * each),
  )
  const groups = Math.max(...known.map(episode => episode.groups.length))
  return {
    id: 'moves',
    title: 'Which group moves, at which rate',
    description: 'A column an episode, or several; a row a layer group, the deepest last. Grey is frozen.',
    rows: rowNames(groups, names),
    columns: buckets.map(bucket => span(bucket[0].index + 1, (bucket.at(-1) ?? bucket[0]).index + 1)),
    cells: Array.from({ length: groups }, (_, group) =>
      buckets.map(bucket => cellOf(bucket.flatMap(episode => episode.groups[group] ?? []))),
    ),
  }
}

function cellOf(moves: readonly GroupMove[]): HeatCell {
  const moving = moves.filter(({ rate }) => rate > 0)
  if (moving.length === 0) return { rate: 0, words: 'frozen' }
  const rate = Math.exp(moving.reduce((sum, move) => sum + Math.log(move.rate), 0) / moving.length)
  const share = moves.reduce((sum, move) => sum + move.share, 0) / moves.length
  return { rate, words: `${learningRate(rate)}, moving in ${percent(share)} of rounds` }
}

/** Of one episode, a column a round. */
export function movesOverRounds(episode: EpisodeSummary, names: readonly string[]): Heat {
  const { rounds, kind, index } = episode
  const groups = rounds[0]?.groups.length ?? 0
  const which = kind === 'greedy' ? 'the greedy run' : `episode ${index + 1}`
  return {
    id: 'rounds',
    title: `Rounds of ${which}`,
    description: `A column a round, with the training steps done at its end; return ${signed(episode.return)}.`,
    rows: rowNames(groups, names),
    columns: rounds.map(({ step }) => `step ${step}`),
    cells: Array.from({ length: groups }, (_, group) =>
      rounds.map(({ groups: of }) => ({
        rate: of[group].learningRate,
        words: `${learningRate(of[group].learningRate)} (${of[group].action}), reward ${signed(of[group].reward, 4)}`,
      })),
    ),
  }
}

function rowNames(groups: number, names: readonly string[]): readonly string[] {
  return Array.from({ length: groups }, (_, i) => names[i] ?? `group ${i + 1}`)
}

function span(from: number, to: number): string {
  return from === to ? `episode ${from}` : `episodes ${from} to ${to}`
}
