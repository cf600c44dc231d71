import { join } from 'node:path'
import type { Frame } from '../../common/canvas.ts'
import { inputError } from '../../common/error.ts'
import type { VideoWriter } from '../../data/video-writer.ts'
import type { Env, MaybePromise, ResetResult, StepResult } from '../env.ts'
import { SameSpaces } from './wrapper.ts'

/** What is recorded, and where to. */
export interface RecordVideoOptions {
  /** Where the videos go; made where it is missing. */
  readonly folder: string
  /**
   * Whether to record an episode, counted from 0; default: 0, 1, 8, 27 … up to 1000, then every 1000th (Gymnasium's
   * `capped_cubic_video_schedule`).
   */
  readonly episodeTrigger?: (episode: number) => boolean
  /** File name without `.mp4`; default `episode-0` for the first. */
  readonly name?: (episode: number) => string
  /** Frames a second; default: the environment's `spec.renderFps`, or 30. */
  readonly frameRate?: number
}

/**
 * Records episodes as mp4 files: the picture after `reset` and after every step. While one is recorded, `reset` and
 * `step` return promises, so that no more pictures wait than ffmpeg keeps up with; other episodes stay as they are.
 * The file lies there when the promise of the episode's last step resolves. `close` throws away a video that was begun.
 */
export class RecordVideo<O, A> extends SameSpaces<O, A> {
  private episode = -1
  private recording = false
  private writer: VideoWriter | undefined

  /** Recording throws an input error when the environment renders no pictures. */
  constructor(
    env: Env<O, A>,
    private readonly options: RecordVideoOptions,
  ) {
    super(env)
  }

  override reset(options?: { seed?: number; options?: unknown }): MaybePromise<ResetResult<O>> {
    const { episodeTrigger = cappedCubes } = this.options
    const begun = this.writer !== undefined
    this.episode++
    this.recording = episodeTrigger(this.episode)
    if (!begun && !this.recording) return this.env.reset(options)
    return this.begin(options)
  }

  override step(action: A): MaybePromise<StepResult<O>> {
    return this.recording ? this.recorded(action) : this.env.step(action)
  }

  override async close(): Promise<void> {
    await this.giveUp()
    await this.env.close?.()
  }

  private async begin(options: { seed?: number; options?: unknown } | undefined): Promise<ResetResult<O>> {
    await this.giveUp()
    const result = await this.env.reset(options)
    if (this.recording) await this.shoot()
    return result
  }

  private async recorded(action: A): Promise<StepResult<O>> {
    const result = await this.env.step(action)
    await this.shoot()
    if (!result.terminated && !result.truncated) return result
    this.recording = false
    const { writer } = this
    this.writer = undefined
    await writer?.finish()
    return result
  }

  private async shoot(): Promise<void> {
    const picture = await pictureOf(this.env)
    const { folder, name = episode => `episode-${episode}` } = this.options
    const { width, height } = picture
    const frameRate = this.options.frameRate ?? this.spec.renderFps ?? 30
    if (this.writer === undefined) {
      // Loaded where something is recorded alone.
      const { VideoWriter } = await import('../../data/video-writer.ts')
      const path = join(folder, `${name(this.episode)}.mp4`)
      this.writer = await VideoWriter.create(path, { width, height, frameRate })
    }
    await this.writer.write(picture)
  }

  private async giveUp(): Promise<void> {
    const { writer } = this
    this.writer = undefined
    await writer?.abort()
  }
}

/** @throws input error when an environment renders no pictures: asked before work begins that would be lost */
export async function refuseUnrecordable(env: Env<unknown, unknown>): Promise<void> {
  await env.reset({ seed: 0 })
  await pictureOf(env)
  await env.close?.()
}

async function pictureOf(env: Env<unknown, unknown>): Promise<Frame> {
  const picture = await env.render?.()
  if (picture !== undefined && typeof picture !== 'string') return picture
  const does = picture === undefined ? 'has no render()' : 'renders text'
  throw inputError(
    'video.no-pictures',
    `${env.spec.id} can't be recorded, since it ${does}: a video takes environments whose render() returns { width, height, pixels }`,
  )
}

function cappedCubes(episode: number): boolean {
  return episode < 1000 ? Math.round(Math.cbrt(episode)) ** 3 === episode : episode % 1000 === 0
}
