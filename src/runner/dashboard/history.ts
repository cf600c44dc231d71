import { eventWords } from '../jobs/told/event-words.ts'
import { decimal, duration, flops, integer, percent, plural, uncertain } from '../report/words.ts'
import { type Heat, movesOverRounds } from './moves.ts'
import type { RunSource } from './run-source.ts'
import { type EpisodeLine, parsed, type Told } from './story.ts'
import { figure, type Table, words } from './view.ts'

/** Rows of a page at most. */
const PAGE = 200

/** A part of something long, counted from 0. */
export interface PageAsked {
  readonly from: number
  readonly count: number
}

/** Episodes, a row each; `keys` names them for their rounds. */
export function episodesPage(
  { story }: RunSource,
  asked: PageAsked,
): Table & { readonly keys: readonly number[] } {
  const episodes = pageOf(story.episodes, asked)
  const metric = story.plan?.event.metric ?? 'what counts'
  return {
    caption: `Episodes, of ${integer(story.episodes.length)}`,
    head: ['episode', 'return', 'score', metric, 'loss', 'steps', 'cost', 'time', ''],
    rows: episodes.map(episode => [
      words(nameOf(episode)),
      { text: uncertain(episode.return, episode.returnNoise), exact: episode.return },
      figure(episode.score, decimal),
      figure(episode.rewardPrimary, percent),
      figure(episode.rewardLoss, decimal),
      figure(episode.steps, integer),
      figure(episode.flops, flops),
      figure(episode.seconds, duration),
      words(episode.failure ?? (episode.diverged ? 'diverged' : '')),
    ]),
    keys: episodes.map(({ offset }) => offset),
  }
}

function nameOf({ kind, index, instance }: EpisodeLine): string {
  const name = kind === 'greedy' ? 'greedy run' : String(index + 1)
  return instance === undefined ? name : `${name}, ${instance}`
}

/** Rates of an episode's rounds; undefined where no episode has that key. */
export async function roundsOf(source: RunSource, key: number): Promise<Heat | undefined> {
  if (!source.story.episodes.some(({ offset }) => offset === key)) return undefined
  const event = parsed((await source.line(key)) ?? '')
  return event?.type === 'episode' ? movesOverRounds(event.episode, source.results?.groups ?? []) : undefined
}

/**
 * What was told, a row a line: when, of which unit, what.
 * @param only lines that are notices, or all
 */
export async function logPage(source: RunSource, asked: PageAsked, only: boolean): Promise<Table> {
  const { story } = source
  const offsets = only ? story.notices : story.offsets
  const metric = story.plan?.event.metric ?? 'what counts'
  const rows = []
  for (const offset of pageOf(offsets, asked)) {
    const event = parsed((await source.line(offset)) ?? '')
    if (event !== undefined) rows.push(rowOf(event, metric))
  }
  return {
    caption: `${only ? 'Notices' : 'Log'}, of ${plural(offsets.length, 'line')}`,
    head: ['time', 'of', ''],
    rows,
  }
}

function rowOf(event: Told, metric: string) {
  const said = ownWords(event) ?? eventWords(event, metric)
  const time = event.time.replace('T', ' ').replace(/\.\d+Z$/, '')
  return [words(time), words(event.unit ?? ''), words(said ?? event.type)]
}

/** Of what a terminal isn't told. */
function ownWords(event: Told): string | undefined {
  if (event.type === 'update') return updateWords(event)
  if (event.type !== 'worker') return undefined
  const { worker, order, state, seconds = 0 } = event
  return state === 'takes' ? `${worker} takes ${order}` : `${worker} has done ${order}, ${duration(seconds)}`
}

function updateWords({ agent, update, report }: Extract<Told, { type: 'update' }>): string {
  const figures = Object.entries(report).map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`)
  return `update ${update} of ${agent}: ${figures.join(', ')}`
}

function pageOf<T>(items: readonly T[], { from, count }: PageAsked): readonly T[] {
  return items.slice(from, from + Math.min(count, PAGE))
}
