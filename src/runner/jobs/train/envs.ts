import type { Recipe } from '../../../agents/agent.ts'
import { inputError } from '../../../common/error.ts'
import type { BatchEnv } from '../../../envs/batch/batch-env.ts'
import type { Env, EnvSpec, MaybePromise, Space } from '../../../envs/env.ts'
import { type EnvOptions, makeBatchEnv, makeEnvAsync } from '../../../envs/registry.ts'
import { Box } from '../../../envs/spaces.ts'
import { wrapped } from '../../../envs/wrappers/named.ts'
import { NormalizeObservation } from '../../../envs/wrappers/normalize-observation.ts'
import { NormalizeReward } from '../../../envs/wrappers/normalize-reward.ts'
import { RecordEpisodeStatistics } from '../../../envs/wrappers/record-episode-statistics.ts'
import { type Moments, RunningMoments } from '../../../envs/wrappers/running-moments.ts'

type AnyEnv = Env<unknown, unknown>

/** Beyond it, normalised observations and rewards are clipped: CleanRL's and Stable-Baselines3's bound. */
const CLIP = 10
const BOUNDS = { clip: CLIP, epsilon: 1e-8 }

/** What normalisation has come to; empty where there is none. */
export interface NormalizationState {
  readonly observations?: Moments
  readonly rewards?: Moments
}

interface Target {
  readonly id: string
  readonly options: EnvOptions
  /** By name, the first innermost. */
  readonly wrappers: readonly string[]
  readonly gamma: number
  /** Makes an environment that was given in code; `id` then says nothing. */
  readonly make?: (options: EnvOptions) => MaybePromise<AnyEnv>
}

/** The environments of a run, alike and normalised alike. */
export class Envs {
  /** As agents see them. */
  readonly observationSpace: Space<unknown>
  readonly actionSpace: Space<unknown>
  /** With version. */
  readonly spec: EnvSpec
  private readonly observations?: RunningMoments
  private readonly rewards?: RunningMoments

  private constructor(
    private readonly target: Target,
    /** As the environment itself has them. */
    private readonly own: Pick<AnyEnv, 'spec' | 'observationSpace' | 'actionSpace'>,
    normalize: Required<Recipe>['normalize'],
  ) {
    const { spec, observationSpace, actionSpace } = own
    this.spec = spec
    this.actionSpace = actionSpace
    if (normalize.includes('observations')) {
      if (!(observationSpace instanceof Box)) {
        throw inputError(
          'train.normalize',
          `observations of ${spec.id} can't be normalised: they are no Box but ${JSON.stringify(observationSpace)}`,
        )
      }
      this.observations = new RunningMoments(observationSpace.flatSize)
    }
    if (normalize.includes('rewards')) this.rewards = new RunningMoments(1)
    this.observationSpace = this.observations
      ? new Box(-CLIP, CLIP, [this.observations.size])
      : observationSpace
  }

  /** @throws input error when there's no such environment, or an option is wrong */
  static async of(target: Target): Promise<Envs> {
    const env = await made(target)
    const { spec, observationSpace, actionSpace } = env
    await env.close?.()
    return new Envs(target, { spec, observationSpace, actionSpace }, [])
  }

  /** @throws input error when that can't be normalised */
  normalizedBy(normalize: Required<Recipe>['normalize']): Envs {
    return normalize.length === 0 ? this : new Envs(this.target, this.own, normalize)
  }

  /** One to learn in: it teaches the moments, and pays normalised rewards. */
  async learning(): Promise<AnyEnv> {
    const { rewards } = this
    const raw = await this.make()
    const env = this.normalized(rewards === undefined ? raw : new RecordEpisodeStatistics(raw, { keep: 1 }))
    if (rewards === undefined) return env
    return new NormalizeReward(env, { gamma: this.target.gamma, clip: CLIP, moments: rewards })
  }

  /** So many to learn in, over typed arrays; undefined where there is no such form of them. */
  batch(size: number): BatchEnv | undefined {
    const { id, options, wrappers, make } = this.target
    const isPlain = make === undefined && wrappers.length === 0
    const isNormalized = this.observations !== undefined || this.rewards !== undefined
    return isPlain && !isNormalized ? makeBatchEnv(id, size, options) : undefined
  }

  /** One to evaluate in: observations by the moments as they are, the environment's own rewards. */
  async evaluation(): Promise<AnyEnv> {
    const env = this.normalized(await this.make())
    if (env instanceof NormalizeObservation) env.frozen = true
    return env
  }

  make(): Promise<AnyEnv> {
    return made(this.target)
  }

  /** An observation of the environment's own as the agent sees it, by the moments as they are. */
  seen(observation: unknown): unknown {
    return this.observations?.standardized(observation as Float32Array, BOUNDS) ?? observation
  }

  state(): NormalizationState {
    return { observations: this.observations?.state(), rewards: this.rewards?.state() }
  }

  restore({ observations, rewards }: NormalizationState): void {
    if (observations) this.observations?.restore(observations)
    if (rewards) this.rewards?.restore(rewards)
  }

  private normalized(env: AnyEnv): AnyEnv {
    const { observations } = this
    if (observations === undefined) return env
    const boxed = env as Env<Float32Array, unknown>
    return new NormalizeObservation(boxed, { ...BOUNDS, moments: observations }) as AnyEnv
  }
}

async function made({ id, options, wrappers, make }: Target): Promise<AnyEnv> {
  return wrapped(await (make === undefined ? makeEnvAsync(id, options) : make(options)), wrappers)
}
