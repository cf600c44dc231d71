import { runName } from '../jobs/told/event-words.ts'
import { decimal, duration, integer, percent, plural, scheduleLabel, uncertain } from '../report/words.ts'
import { bestRuns, chartsOf } from './charts.ts'
import { progressOf } from './left.ts'
import { movesOverEpisodes } from './moves.ts'
import type { RunSource } from './run-source.ts'
import type { Story } from './story.ts'
import {
  type Fact,
  figure,
  type Head,
  type RunListed,
  sideBySide,
  type Table,
  type View,
  words,
} from './view.ts'
import { ago, unitsTable, workersTable } from './workers.ts'

/** Columns of the picture of moves. */
const COLUMNS = 80
/** Runs that are shown one by one. */
const NEWEST = 12
/** Milliseconds that a view holds while nothing changes: it says how long ago something was. */
const HOLDS = 10_000
/** What was made last, for all who look: by what it was made of. */
const made = new WeakMap<RunSource, { readonly of: string; readonly view: View }>()

interface Seen {
  readonly listed: RunListed
  readonly source: RunSource
}

/**
 * A page of one run, its parts' curves in it where it has some.
 * @param now milliseconds since 1970
 */
export function viewOf(seen: Seen, parts: readonly Seen[], now: number): View {
  const revisions = [seen, ...parts].map(({ source }) => source.revision)
  const of = JSON.stringify([...revisions, Math.floor(now / HOLDS)])
  const known = made.get(seen.source)
  if (known?.of === of) return known.view
  const view = viewMade(seen, parts, now)
  made.set(seen.source, { of, view })
  return view
}

function viewMade({ listed, source }: Seen, parts: readonly Seen[], now: number): View {
  const { story, results } = source
  const heat = movesOverEpisodes(story.episodes, results?.groups ?? [], COLUMNS)
  const ofParts = parts.length === 0 ? [] : sideBySide(parts.map(part => partView(part, listed, now))).charts
  return {
    title: listed.name,
    heads: [headOf({ listed, source }, now)],
    ...(results?.verdict !== undefined && { verdict: results.verdict }),
    charts: [...chartsOf(story), ...ofParts],
    heats: heat === undefined ? [] : [heat],
    tables: [
      ...(results?.tables ?? []),
      ...searchTable(story),
      ...(source.state === 'done' ? [] : runsTable(story)),
      ...partsTable(parts, listed, now),
      ...workersTable(source, now),
      ...unitsTable(source, now),
    ],
    history: {
      run: listed.id,
      episodes: story.episodes.length,
      notices: story.notices.length,
      lines: story.offsets.length,
    },
  }
}

function partView({ listed, source }: Seen, whole: RunListed, now: number): View {
  const view = viewOf({ listed, source }, [], now)
  return {
    ...view,
    title: ownName(listed, whole),
    charts: view.charts.filter(({ about }) => about === 'run'),
  }
}

function ownName({ name, id }: RunListed, whole: RunListed): string {
  return whole.id === '' ? name : id.slice(whole.id.length + 1)
}

function headOf({ listed, source }: Seen, now: number): Head {
  const { state, story, results, logs } = source
  const progress = progressOf(
    logs.map(log => log.story),
    source.done,
    now,
  )
  const share = progress === undefined || progress.of === 0 ? 0 : progress.done / progress.of
  const left = state === 'running' ? progress?.secondsLeft : undefined
  return {
    ...listed,
    state,
    words: stateWords(source, now),
    ...(progress !== undefined &&
      state !== 'done' && {
        progress: {
          words: `${progress.phase}: ${integer(progress.done)} of ${integer(progress.of)}${left === undefined ? '' : `; about ${duration(left)} left`}`,
          share,
        },
      }),
    facts: [...(results?.facts ?? factsSoFar(story)), ...lastEpisode(story)],
    report: source.hasReport,
  }
}

function stateWords({ state, story, results, workers, dir }: RunSource, now: number): string {
  const since = story.last === undefined ? '' : `, last event ${ago(now - story.last)}`
  if (state === 'running')
    return `at work${workers.length > 1 ? `, ${workers.length} processes` : ''}${since}`
  if (state === 'done') return 'done'
  if (state === 'failed')
    return `done, but ${plural(results?.failed ?? 0, 'unit')} failed: layergym resume ${dir}`
  return `not finished, and nobody works on it${since}: layergym resume ${dir}`
}

/** While there is no summary. */
function factsSoFar({ episodes, curve, saved, evaluations, failed }: Story): readonly Fact[] {
  const [point, evaluation] = [curve.at(-1), evaluations.at(-1)]
  return [
    ...(episodes.length > 0 ? [{ label: 'episodes', value: figure(episodes.length, integer) }] : []),
    ...(saved === undefined
      ? []
      : [
          {
            label: 'best so far',
            value: words(saved.from === 'policy' ? 'the policy' : scheduleLabel(saved.from)),
          },
          { label: 'its score', value: figure(saved.score, decimal) },
        ]),
    ...(point === undefined
      ? []
      : [
          { label: 'step', value: figure(point.step, integer) },
          { label: 'steps/s', value: figure(point.step / point.seconds, integer) },
        ]),
    ...(evaluation === undefined
      ? []
      : [{ label: 'greedy return', value: figure(evaluation.meanReturn, decimal) }]),
    ...(failed.length === 0 ? [] : [{ label: 'failed', value: figure(failed.length, integer) }]),
  ]
}

function lastEpisode({ episodes }: Story): readonly Fact[] {
  const last = episodes.at(-1)
  if (last === undefined) return []
  return [
    {
      label: 'last return',
      value: { text: uncertain(last.return, last.returnNoise), exact: last.return },
    },
    { label: 'training steps/s', value: figure(last.steps / last.seconds, value => decimal(value, 1)) },
  ]
}

/** Baselines' best on the reward split, as far as the search for their rates has come. */
function searchTable({ runs, plan, saved }: Story): readonly Table[] {
  const best = bestRuns(runs)
  if (best.length === 0) return []
  return [
    {
      caption: `Baselines: best of their searches on the reward split${saved === undefined ? '' : `; the best of all so far: ${saved.from === 'policy' ? 'the policy' : scheduleLabel(saved.from)}`}`,
      head: ['', 'score', plan === undefined ? 'what counts' : plan.event.metric, 'loss'],
      rows: best.map(({ name, score, rewardLoss, rewardPrimary }) => [
        words(name),
        figure(score, decimal),
        figure(rewardPrimary, percent),
        figure(rewardLoss, decimal),
      ]),
    },
  ]
}

/** The newest of what isn't a search: final runs, a study's outcomes. */
function runsTable({ runs, plan }: Story): readonly Table[] {
  const newest = runs.filter(({ key }) => !key.startsWith('search/')).toReversed()
  if (newest.length === 0) return []
  return [
    {
      caption: `Runs so far, of ${integer(newest.length)}; on the reward split`,
      head: ['', 'score', plan === undefined ? 'what counts' : plan.event.metric, 'loss', 'time'],
      rows: newest
        .slice(0, NEWEST)
        .map(({ key, score, rewardPrimary, rewardLoss, seconds }) => [
          words(runName(key)),
          figure(score, decimal),
          figure(rewardPrimary, percent),
          figure(rewardLoss, decimal),
          figure(seconds, duration),
        ]),
    },
  ]
}

function partsTable(parts: readonly Seen[], whole: RunListed, now: number): readonly Table[] {
  if (parts.length === 0) return []
  return [
    {
      caption: 'Runs of this benchmark',
      head: ['', 'state', 'progress', 'steps/s', 'return, latest'],
      rows: parts.map(part => {
        const { state, progress } = headOf(part, now)
        const point = part.source.story.curve.at(-1)
        const returns = part.source.story.curve.findLast(({ returns: some }) => some !== undefined)?.returns
        return [
          words(ownName(part.listed, whole)),
          words(state),
          words(progress?.words ?? '-'),
          point === undefined ? words('-') : figure(point.step / point.seconds, integer),
          returns === undefined ? words('-') : figure(returns.y, value => decimal(value, 2)),
        ]
      }),
    },
  ]
}
