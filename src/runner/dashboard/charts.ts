import { scheduleLabel } from '../report/words.ts'
import { type Point, thinned } from './points.ts'
import type { EpisodeLine, Story } from './story.ts'
import type { Chart, Series } from './view.ts'

/** Points of a series at most: as many as a screen tells apart. */
const POINTS = 240
/** Of an agent's figure: there are many of them. */
const AGENT_POINTS = 120
/** Of what an agent says of its updates, the figures that are drawn. */
const FIGURES = 6

/** All curves that a log has something for. */
export function chartsOf(story: Story): readonly Chart[] {
  return [...episodeCharts(story), ...trainingCharts(story), ...figureCharts(story)]
}

function episodeCharts({ episodes, runs }: Story): readonly Chart[] {
  const played = episodes.filter(({ failure }) => failure === undefined)
  if (played.length === 0) return []
  const chart = (
    of: Pick<Chart, 'id' | 'title' | 'y' | 'description'>,
    value: (episode: EpisodeLine) => number,
    noise = false,
  ) => ({
    ...of,
    about: 'run' as const,
    x: 'episode',
    series: seriesOf(played, value, noise),
    levels: [],
  })
  const best = bestRuns(runs)
  return [
    chart(
      {
        id: 'return',
        title: 'Return of an episode',
        y: 'return',
        description:
          'The sum of its rewards; a stroke is its standard error by the choice of the reward split’s items.',
      },
      episode => episode.return,
      true,
    ),
    {
      ...chart(
        {
          id: 'score',
          title: 'Score on the reward split, best moment',
          y: 'score',
          description: 'Higher is better. Dotted: the best of each baseline’s search.',
        },
        ({ score }) => score,
      ),
      levels: best.map(({ name, score }) => ({ name, y: score })),
    },
    {
      ...chart(
        {
          id: 'loss',
          title: 'Loss on the reward split, best moment',
          y: 'loss',
          description: 'Lower is better. Dotted: the best of each baseline’s search.',
        },
        ({ rewardLoss }) => rewardLoss,
      ),
      levels: best.map(({ name, rewardLoss }) => ({ name, y: rewardLoss })),
    },
  ]
}

/** A series an instance, where agents learn on several; greedy runs apart. */
function seriesOf(
  episodes: readonly EpisodeLine[],
  value: (episode: EpisodeLine) => number,
  noise: boolean,
): readonly Series[] {
  const nameOf = ({ kind, instance }: EpisodeLine) =>
    kind === 'greedy' ? 'greedy run' : (instance ?? 'episodes')
  const names = [...new Set(episodes.map(nameOf))]
  return names.map(name => ({
    name,
    drawn: 'points',
    points: thinned(
      episodes
        .filter(episode => nameOf(episode) === name)
        .map(episode => ({
          x: episode.index + 1,
          y: value(episode),
          // NaN is null in JSON.
          ...(noise && typeof episode.returnNoise === 'number' && { noise: episode.returnNoise }),
        })),
      POINTS,
    ),
  }))
}

/** Each schedule's best run of its search. */
export function bestRuns(runs: Story['runs']) {
  const best = new Map<string, Story['runs'][number]>()
  for (const run of runs) {
    const [first, name] = run.key.split('/')
    if (first !== 'search') continue
    if ((best.get(name)?.score ?? Number.NEGATIVE_INFINITY) < run.score) best.set(name, run)
  }
  return [...best].map(([name, run]) => ({ ...run, name: scheduleLabel(name) }))
}

function trainingCharts({ curve, evaluations }: Story): readonly Chart[] {
  const returns = curve.flatMap(point => point.returns ?? [])
  const greedy = evaluations.map(({ step, meanReturn, stdReturn }) => ({
    ...{ x: step, y: meanReturn },
    ...{ low: meanReturn - stdReturn, high: meanReturn + stdReturn },
  }))
  const series = [
    line('while learning', returns),
    ...(greedy.length > 0 ? [{ ...line('greedy evaluation', greedy), drawn: 'points' as const }] : []),
  ]
  return [
    ...(returns.length + greedy.length === 0
      ? []
      : [
          {
            about: 'run' as const,
            ...{ id: 'training-return', title: 'Return while training', x: 'step', y: 'return' },
            description:
              'Mean return of the episodes that ended since the last point; the band is from the least to the most.',
            series,
            levels: [],
          },
        ]),
    ...speedChart(curve),
  ]
}

function speedChart(curve: Story['curve']): readonly Chart[] {
  const speeds = curve.slice(1).map(({ step, seconds }, i) => ({
    x: step,
    y: (step - curve[i].step) / (seconds - curve[i].seconds),
  }))
  if (speeds.length < 2) return []
  return [
    {
      about: 'run',
      ...{ id: 'speed', title: 'Steps a second', x: 'step', y: 'steps/s' },
      description: 'Environment steps a second of learning, since the last point.',
      series: [line('steps/s', speeds)],
      levels: [],
    },
  ]
}

/** What agents say of their updates: a chart a figure, a series an agent. */
function figureCharts({ curve, updates }: Story): readonly Chart[] {
  const figures = new Map<string, Map<string, Point[]>>()
  const take = (agent: string, x: number, report: Readonly<Record<string, number>>) => {
    for (const name of Object.keys(report).filter(isOfInterest)) {
      const agents = figures.get(name) ?? new Map<string, Point[]>()
      figures.set(name, agents)
      const points = agents.get(agent) ?? []
      agents.set(agent, points)
      points.push({ x, y: report[name] })
    }
  }
  for (const { step, report } of curve) take('agent', step, report)
  for (const { agent, update, report } of updates) take(agent, update, report)
  return [...figures].slice(0, FIGURES).map(([name, agents]) => ({
    id: `figure-${name}`,
    about: 'agents',
    title: inWords(name),
    description: `${inWords(name)} of the agents' updates.`,
    x: curve.length > 0 ? 'step' : 'update',
    y: inWords(name),
    series: [...agents].map(([agent, points]) => line(agent, points, AGENT_POINTS)),
    levels: [],
  }))
}

/** Counts and settings say nothing of how learning goes. */
function isOfInterest(name: string): boolean {
  return !['epochs', 'transitions', 'learningRate', 'episodes', 'steps'].includes(name)
}

function inWords(name: string): string {
  const spaced = name.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
  return (spaced.charAt(0).toUpperCase() + spaced.slice(1)).replace(/\bkl\b/, 'KL')
}

function line(name: string, points: readonly Point[], most = POINTS): Series {
  return { name, drawn: 'line', points: thinned(points, most) }
}
