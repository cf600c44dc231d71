import type { LoadedModel } from '../../models/load.ts'
import type { tf } from '../../models/tf.ts'
import type { Composition } from './instance.ts'

/** A model that layergym saved scales its pixels itself. */
export function isOurs(loaded: LoadedModel | undefined, model: tf.LayersModel): boolean {
  const metadata = loaded?.metadata ?? (model.getUserDefinedMetadata() as Record<string, unknown> | undefined)
  return metadata?.layergym !== undefined
}

/** What a saved model must know about its clips for others to use it. */
export function modelMetadata(composition: Composition): Record<string, unknown> {
  const { config, format, frameRate, memory, task, facts } = composition
  return {
    task: config.task,
    facts,
    // For those who load the model without layergym.
    ...(task.classes && { classes: task.classes.names }),
    frames: format.frames,
    size: format.size,
    channels: format.channels,
    fit: config.fit,
    ...(frameRate !== undefined && { frameRate }),
    seed: config.seed,
    // tfjs refuses metadata with undefined in it.
    groupColumn: config.groupColumn ?? null,
    skipBroken: config.skipBroken,
    memory,
  }
}
