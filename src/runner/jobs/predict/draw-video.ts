import type { Frame } from '../../../common/canvas.ts'
import { interrupted } from '../../../common/error.ts'
import { geometryOf } from '../../../data/geometry.ts'
import { probeVideo } from '../../../data/video.ts'
import { videoFrames } from '../../../data/video-frames.ts'
import { VideoWriter } from '../../../data/video-writer.ts'
import { withBanner } from '../../../models/tasks/drawing/banner.ts'
import type { Task } from '../../../models/tasks/task.ts'
import type { OpenModel } from '../../instances/saved-model.ts'
import type { Window } from './windows.ts'

interface Drawn {
  /** By time. */
  readonly windows: AsyncIterable<Window> | Iterable<Window>
  readonly model: Pick<OpenModel, 'task' | 'format'>
  readonly signal: AbortSignal
}

/** A video with what is said of each frame, at its own size and rate; a few frames are held at a time. */
export async function drawVideo(from: string, to: string, { windows, model, signal }: Drawn): Promise<void> {
  const { width, height, frameRate } = await probeVideo(from, { signal })
  const { task, format } = model
  const geometry = geometryOf([height, width], format.size, format.fit)
  const shown = new Shown(windows)
  const writer = await VideoWriter.create(to, { width, height, frameRate })
  const decoding = { size: [height, width], fit: 'stretch', channels: 3, frameRate, signal } as const
  try {
    let count = 0
    for await (const pixels of videoFrames(from, decoding)) {
      if (signal.aborted) throw interrupted()
      // Times are rounded, and a tie must not turn on that.
      const time = (count++ + 0.001) / frameRate
      const window = await shown.at(time)
      const picture = { width, height, pixels }
      const frame = frameAt(window, time, format.frames)
      await writer.write(drawnOn(picture, task, { prediction: window.prediction, frame, geometry }))
    }
    await writer.finish()
  } catch (error) {
    await writer.abort()
    throw error
  } finally {
    await shown.close()
  }
}

/** A picture as the task draws on it, or with its prediction in words. */
export function drawnOn(
  picture: Frame,
  task: Task,
  {
    prediction,
    ...place
  }: {
    readonly prediction: unknown
    readonly frame: number
    readonly geometry: ReturnType<typeof geometryOf>
  },
): Frame {
  return task.draw?.(picture, { of: { prediction }, ...place }) ?? withBanner(picture, task.words(prediction))
}

function frameAt({ start, end }: Window, time: number, frames: number): number {
  const at = Number.isFinite(end) ? Math.floor(((time - start) / (end - start)) * frames) : 0
  return Math.max(0, Math.min(frames - 1, at))
}

/** Windows, one after the other, as time goes on. */
class Shown {
  private readonly iterator: AsyncIterator<Window> | Iterator<Window>
  private current: Window | undefined

  constructor(windows: Drawn['windows']) {
    this.iterator =
      Symbol.asyncIterator in windows ? windows[Symbol.asyncIterator]() : windows[Symbol.iterator]()
  }

  /** The one that shows this time, the last one after its end. */
  async at(time: number): Promise<Window> {
    while (this.current === undefined || time >= this.current.end) {
      const { done, value } = await this.iterator.next()
      if (done) break
      this.current = value as Window
    }
    if (this.current === undefined) throw new Error('a video without a window')
    return this.current
  }

  async close(): Promise<void> {
    await this.iterator.return?.()
  }
}
