import type { EpisodeSummary } from '../../../play/summary.ts'
import type { FineTuneSummary } from '../summary.ts'

export interface ShownEpisode {
  readonly title: string
  readonly episode: EpisodeSummary
}

/** The episode whose model was kept, else the greedy run; and the best of the learning ones, if it is another. */
export function shownEpisodes({ chosen, episodes }: FineTuneSummary): ShownEpisode[] {
  const drawable = episodes.filter(episode => episode.rounds.length > 0)
  const isKept = chosen.from === 'policy'
  const first = drawable.find(episode =>
    isKept && chosen.episode !== undefined ? episode.index === chosen.episode : episode.kind === 'greedy',
  )
  const sound = drawable.filter(
    episode => episode.kind === 'learning' && !episode.diverged && episode.failure === undefined,
  )
  const best = sound.reduce<EpisodeSummary | undefined>(
    (top, episode) => (top === undefined || episode.return > top.return ? episode : top),
    undefined,
  )
  return [
    ...(first === undefined
      ? []
      : [{ title: `${isKept ? 'kept: ' : ''}${episodeName(first)}`, episode: first }]),
    ...(best === undefined || best === first
      ? []
      : [{ title: `highest return: ${episodeName(best)}`, episode: best }]),
  ]
}

function episodeName(episode: EpisodeSummary): string {
  return episode.kind === 'greedy' ? 'greedy run' : `episode ${episode.index + 1}`
}
