import { inputError } from '../../common/error.ts'
import type { Augmentation } from '../../data/augment/config.ts'
import type { Clip } from '../../data/dataset.ts'
import { isSequenceFile, isVideoFile } from '../../data/media-types.ts'
import { chooseFrameRate, surveyClips } from '../../data/source.ts'
import type { FineTuneConfig } from './config.ts'

/** Frames a second that clips are decoded at, of a few that are looked at; undefined where the model takes sequences. */
export async function frameRateFor(
  clips: readonly Clip[],
  { frames }: { readonly frames: number },
  { sequences, signal }: { readonly sequences: boolean; readonly signal: AbortSignal },
): Promise<number | undefined> {
  if (sequences) return undefined
  return chooseFrameRate(await surveyClips(clips, { signal }), frames)
}

/** @throws input error that names a file which a model of pictures, or one of sequences, can't take */
export function refuseOtherFiles(clips: readonly Pick<Clip, 'path'>[], sequences: boolean): void {
  const other = clips.find(({ path }) => (sequences ? isVideoFile(path) : isSequenceFile(path)))
  if (other === undefined) return
  throw inputError(
    'data.kind',
    sequences
      ? `${other.path} is no sequence, and the model takes numbers through time: give a .csv or .npy file a clip, or a model of pictures`
      : `${other.path} holds numbers through time, and the model takes pictures: give videos or pictures, or a model whose input is [rows, columns]`,
  )
}

/** @throws input error for settings of what is done to pixels, where the model takes sequences */
export function refusePixelSettings(
  { scaling, size }: Pick<FineTuneConfig, 'scaling' | 'size'>,
  { temporalJitter: _, ...onPixels }: Augmentation,
): void {
  const flags = { scaling, size, [`augment ${Object.keys(onPixels).join()}`]: Object.keys(onPixels)[0] }
  const [flag] = Object.entries(flags).flatMap(([name, given]) => (given === undefined ? [] : [name]))
  if (flag === undefined) return
  throw inputError(
    'model.sequences',
    `--${flag} is about pixels, and the model takes sequences of numbers: leave it out`,
  )
}
