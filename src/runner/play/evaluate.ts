import { join } from 'node:path'
import { isPromise } from 'node:util/types'
import type { Agent, Memory } from '../../agents/agent.ts'
import { interrupted } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import { mean, standardDeviation } from '../../common/statistics.ts'
import type { Env, MaybePromise } from '../../envs/env.ts'
import { RecordVideo } from '../../envs/wrappers/record-video.ts'

/** Greedy episodes of an agent. */
export interface PolicyEvaluation {
  readonly episodes: number
  readonly meanReturn: number
  /** Of the sample; 0 for a single episode. */
  readonly stdReturn: number
  readonly returns: readonly number[]
  readonly meanLength: number
  /** Of the first episodes, where they were recorded: paths of mp4 files. */
  readonly videos?: readonly string[]
}

export interface EvaluateOptions {
  readonly agent: Pick<Agent<unknown, unknown>, 'act'>
  readonly makeEnv: () => MaybePromise<Env<unknown, unknown>>
  readonly episodes: number
  readonly seed: number
  readonly signal: AbortSignal
  /** How many of the first episodes are recorded, as `episode-0.mp4` and so on, and where. */
  readonly record?: { readonly episodes: number; readonly folder: string }
}

/** Episodes side by side: networks act on as many observations at once. */
const TOGETHER = 16

/**
 * Plays episodes greedily, each from a seed of its own that depends on `seed` and its number alone.
 * @throws interrupted between steps when the signal says so
 */
export async function evaluatePolicy(options: EvaluateOptions): Promise<PolicyEvaluation> {
  const { agent, episodes, seed, signal } = options
  const { folder, episodes: recorded } = options.record ?? { folder: '', episodes: 0 }
  const rng = Rng.of(seed, 'evaluation')
  const returns = new Array<number>(episodes).fill(0)
  const lengths = new Array<number>(episodes).fill(0)
  const envs: Env<unknown, unknown>[] = []
  const enough = () => envs.length >= (envs[0]?.spec.heavy ? 1 : Math.min(TOGETHER, episodes))
  while (!enough()) envs.push(await options.makeEnv())
  let begun = 0
  const begin = async (bare: Env<unknown, unknown>) => {
    const episode = begun++
    const name = () => videoName(episode)
    const env =
      episode < recorded ? new RecordVideo(bare, { folder, name, episodeTrigger: () => true }) : bare
    const { observation } = await env.reset({ seed: Rng.of(seed, 'evaluation', episode).int(2 ** 31) })
    return { bare, env, episode, observation, memory: undefined as Memory | undefined }
  }
  let playing = await Promise.all(envs.map(begin))
  for (let turn = 0; playing.length > 0; turn++) {
    // Lets a signal through now and then.
    if (turn % 256 === 255) await new Promise(resolve => setImmediate(resolve))
    if (signal.aborted) {
      // Throws away the videos that were begun.
      for (const { env } of playing) if (env instanceof RecordVideo) await env.close()
      throw interrupted()
    }
    const masks = playing.map(({ env }) => env.actionMask?.())
    const acted = agent.act(
      playing.map(({ observation }) => observation),
      { masks, memories: playing.map(({ memory }) => memory), explore: false, rng },
    )
    const decisions = isPromise(acted) ? await acted : acted
    const next: typeof playing = []
    for (const [i, { bare, env, episode }] of playing.entries()) {
      const stepped = env.step(decisions[i].action)
      const { observation, reward, terminated, truncated } = isPromise(stepped) ? await stepped : stepped
      returns[episode] += reward
      lengths[episode]++
      if (!terminated && !truncated)
        next.push({ bare, env, episode, observation, memory: decisions[i].memory })
      else if (begun < episodes) next.push(await begin(bare))
    }
    playing = next
  }
  for (const env of envs) await env.close?.()
  return {
    episodes,
    meanReturn: mean(returns),
    stdReturn: episodes > 1 ? standardDeviation(returns) : 0,
    returns,
    meanLength: mean(lengths),
    ...(recorded === 0
      ? {}
      : {
          videos: Array.from({ length: Math.min(recorded, episodes) }, (_, e) =>
            join(folder, `${videoName(e)}.mp4`),
          ),
        }),
  }
}

function videoName(episode: number): string {
  return `episode-${episode}`
}
