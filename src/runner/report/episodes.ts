import type { EpisodeSummary, FineTuneSummary } from '../summary.ts'

export interface ShownEpisode {
  readonly title: string
  readonly episode: EpisodeSummary
}

/** The episode that ships and the best of the learning ones, if it is another. */
export function shownEpisodes(summary: FineTuneSummary): ShownEpisode[] {
  const { chosen } = summary
  const drawable = summary.episodes.filter(episode => episode.rounds.length > 0)
  const chosenEpisode = drawable.find(episode =>
    chosen.episode === undefined
      ? chosen.from === 'greedy' && episode.kind === 'greedy'
      : episode.index === chosen.episode,
  )
  const sound = drawable.filter(
    episode => episode.kind === 'learning' && !episode.diverged && episode.failure === undefined,
  )
  const best = sound.reduce<EpisodeSummary | undefined>(
    (top, episode) => (top === undefined || episode.return > top.return ? episode : top),
    undefined,
  )
  return [
    ...(chosenEpisode === undefined
      ? []
      : [{ title: `chosen: ${episodeName(chosenEpisode)}`, episode: chosenEpisode }]),
    ...(best === undefined || best === chosenEpisode
      ? []
      : [{ title: `highest return: ${episodeName(best)}`, episode: best }]),
  ]
}

function episodeName(episode: EpisodeSummary): string {
  return episode.kind === 'greedy' ? 'greedy run' : `episode ${episode.index + 1}`
}
