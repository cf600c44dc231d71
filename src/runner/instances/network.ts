import { inputError } from '../../common/error.ts'
import { Rng } from '../../common/random.ts'
import { unknownName } from '../../common/suggest.ts'
import { buildClipModel } from '../../models/clip-model.ts'
import { offeredStrides } from '../../models/feature-maps.ts'
import { flattenModel } from '../../models/graph.ts'
import type { HeadBuilder, HeadOutput } from '../../models/head.ts'
import type { HeadKind } from '../../models/head-kinds.ts'
import { type GroupsOption, Network } from '../../models/network.ts'
import { detectScaling, type InputScaling, RAW, SCALINGS } from '../../models/scaling.ts'
import { buildSequenceModel, isSequenceModel, rowSize } from '../../models/sequence-model.ts'
import type { tf } from '../../models/tf.ts'
import { adaptVideoModel } from '../../models/video-model.ts'
import type { FineTuneConfig } from './config.ts'

/** What clips must look like for a model; of a sequence, frames are rows, and a row is one pixel high. */
export interface InputFormat {
  readonly frames: number
  /** [height, width]; of a sequence [1, numbers of a row] */
  readonly size: readonly [number, number]
  readonly channels: 1 | 3
}

/** The largest side taken where neither user nor task says more: clips of many frames cost their pixels many times over. */
const DEFAULT_SIDE = 96

export function isVideoModel(model: tf.LayersModel): boolean {
  return model.inputs[0].shape.length === 5
}

/** Frames, size and channels, from the flags and the model; a video model's own come first. */
export function inputFormat(
  model: tf.LayersModel,
  config: Pick<FineTuneConfig, 'size' | 'task'> & { readonly frames: number },
  most = DEFAULT_SIDE,
): InputFormat {
  const shape = model.inputs[0].shape as (number | null)[]
  if (isSequenceModel(model)) {
    const rows = shape[1] ?? config.frames
    // tfjs has no gradient of a recurrent layer on a single row.
    if (rows === 1)
      throw inputError('model.rows', `one row (--frames 1) is no sequence: take --frames 2 or more`)
    return { frames: rows, size: [1, rowSize(model)], channels: 1 }
  }
  const video = isVideoModel(model)
  const channels = shape[shape.length - 1]
  if ((!video && shape.length !== 4) || (channels !== 1 && channels !== 3)) {
    throw inputError(
      'model.input-shape',
      `the model takes an input of shape [${shape
        .slice(1)
        .map(d => d ?? 'any')
        .join(', ')}]; ${config.task} needs ` +
        'an image model ([height, width, 1 or 3]), a video model ([frames, height, width, 1 or 3]) or one on sequences ([rows, columns])',
    )
  }
  const [height, width] = shape.slice(-3)
  const { size, frames } = config
  const asked = typeof size === 'number' ? [size, size] : size
  if (video) {
    const side = (own: number | null, i: number) => own ?? asked?.[i] ?? most
    return { frames: shape[1] ?? frames, size: [side(height, 0), side(width, 1)], channels }
  }
  const side = (own: number | null, i: number) => asked?.[i] ?? Math.min(own ?? most, most)
  return { frames, size: [side(height, 0), side(width, 1)], channels }
}

/** Strides of the maps that an image model has for heads. */
export function stridesOffered(model: tf.LayersModel): readonly number[] {
  return isVideoModel(model) ? [] : offeredStrides(flattenModel(model))
}

/** The pixel scaling asked for, or the one that the model's own statistics speak for. */
export function chooseScaling(
  model: tf.LayersModel,
  wanted: string | undefined,
  pixels: { readonly data: Uint8Array; readonly shape: readonly [number, number, number, number] },
  onNotice: (message: string) => void,
): InputScaling {
  if (wanted !== undefined) return scalingNamed(wanted)
  const graph = flattenModel(model)
  if (graph.nodes.some(node => node.layer?.getClassName() === 'Rescaling')) return RAW
  if (isVideoModel(model)) {
    onNotice(`a video model's pixel scaling can't be found out: ${SCALINGS[0].id} is assumed (--scaling)`)
    return SCALINGS[0]
  }
  const detected = detectScaling(graph, pixels)
  if (detected === undefined) {
    onNotice(
      `nothing tells the model's pixel scaling (it has no batch normalisation that is reached in one line, or the frames are of one colour): ${SCALINGS[0].id} is assumed (--scaling)`,
    )
    return SCALINGS[0]
  }
  const { scaling, rival } = detected
  onNotice(
    rival === undefined
      ? `pixels are scaled to ${scaling.id}, which the model's statistics fit best`
      : `pixels are scaled to ${scaling.id}, but the model's statistics fit ${rival.id} nearly as well: say which it was trained with (--scaling)`,
  )
  return scaling
}

/** @throws input error for a name that none has */
export function scalingNamed(id: string): InputScaling {
  const found = SCALINGS.find(scaling => scaling.id === id)
  if (found !== undefined) return found
  const known = SCALINGS.map(scaling => scaling.id)
  throw unknownName('scaling', id, known)
}

/** The network to fine-tune: an image model under a clip head, or a video model or one on sequences with its head replaced. */
export function buildNetwork(
  pretrained: tf.LayersModel,
  options: {
    readonly output: HeadOutput
    readonly format: InputFormat
    readonly scaling: InputScaling | undefined
    readonly head: HeadKind | HeadBuilder
    readonly keepHead: boolean
    readonly groups: GroupsOption
    readonly seed: number
  },
): Network {
  const rng = Rng.of(options.seed, 'head')
  if (isVideoModel(pretrained)) {
    const { output, format, scaling } = options
    const clip = [format.frames, ...format.size, format.channels] as const
    const model = options.keepHead ? pretrained : adaptVideoModel(pretrained, { output, clip, scaling })
    return new Network(model, options.groups)
  }
  if (isSequenceModel(pretrained)) {
    const { output, format, head, keepHead } = options
    const model = keepHead
      ? pretrained
      : buildSequenceModel(pretrained, { output, frames: format.frames, head, rng })
    return new Network(model, options.groups)
  }
  const { format, scaling = SCALINGS[0] } = options
  const model = buildClipModel(pretrained, {
    output: options.output,
    frames: format.frames,
    size: format.size,
    scaling,
    head: options.head,
    rng,
  })
  return new Network(model, options.groups)
}
