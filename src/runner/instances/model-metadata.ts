import type { LoadedModel } from '../../models/load.ts'
import type { tf } from '../../models/tf.ts'
import type { Composition } from './instance.ts'

/** A model that layergym saved scales its pixels itself. */
export function isOurs(loaded: LoadedModel | undefined, model: tf.LayersModel): boolean {
  const metadata = loaded?.metadata ?? (model.getUserDefinedMetadata() as Record<string, unknown> | undefined)
  return metadata?.layergym !== undefined
}

/** A model fine-tuned by layergym on the same classes goes on with its head. */
export function knowsClasses(loaded: LoadedModel | undefined, classes: readonly string[]): boolean {
  const known = (loaded?.metadata.layergym as { classes?: readonly string[] } | undefined)?.classes
  return (
    known !== undefined && known.length === classes.length && known.every((name, i) => name === classes[i])
  )
}

/** What a saved model must know about its clips for others to use it. */
export function modelMetadata(composition: Composition): Record<string, unknown> {
  const { config, dataset, format, frameRate, memory } = composition
  return {
    classes: dataset.classes,
    frames: format.frames,
    size: format.size,
    channels: format.channels,
    fit: config.fit,
    frameRate,
    task: config.task,
    seed: config.seed,
    // tfjs refuses metadata with undefined in it.
    groupColumn: config.groupColumn ?? null,
    skipBroken: config.skipBroken,
    memory,
  }
}
