import { inputError } from '../../common/error.ts'
import { unknownName } from '../../common/suggest.ts'

/** What is done to training clips, at random, each with its strength; what is left out isn't done. JSON-safe. */
export interface Augmentation {
  /** Probability that left and right are exchanged. */
  readonly flip?: number
  /** Shares of the frame's area, least and most, that a crop holds before it is resized to the frame. */
  readonly resizedCrop?: Range
  /** Least and most zoom; below 1 the picture shrinks and the rest is grey. */
  readonly scale?: Range
  /** Brightness, contrast and saturation are each multiplied by 1 ± at most this. */
  readonly colour?: number
  /** Hue is turned by at most this share of the circle. */
  readonly hue?: number
  /** Probability that a rectangle is covered with noise. */
  readonly erasing?: number
  /** Probability that a clip shares its frame with three others of the batch. */
  readonly mosaic?: number
  /** Frames are those of a random moment of each segment of time: the clips' source does that. */
  readonly temporalJitter?: true
}

export type Range = readonly [least: number, most: number]

/** What a name may be followed by, and what it is where nothing follows. */
type Operation = { readonly key: keyof Augmentation } & (
  | { readonly number: number; readonly most: number }
  | { readonly range: Range; readonly within: Range }
  | { readonly plain: true }
)

const OPERATIONS: Readonly<Record<string, Operation>> = {
  flip: { key: 'flip', number: 0.5, most: 1 },
  'resized-crop': { key: 'resizedCrop', range: [0.5, 1], within: [0.05, 1] },
  scale: { key: 'scale', range: [0.5, 1.5], within: [0.1, 10] },
  colour: { key: 'colour', number: 0.4, most: 1 },
  hue: { key: 'hue', number: 0.05, most: 0.5 },
  erasing: { key: 'erasing', number: 0.25, most: 1 },
  mosaic: { key: 'mosaic', number: 0.5, most: 1 },
  'temporal-jitter': { key: 'temporalJitter', plain: true },
}

/** What suits most data of a kind. None for clips exchanges left and right: a turn to the left is none to the right. */
const PRESETS: Readonly<Record<string, readonly string[]>> = {
  classification: ['resized-crop', 'colour', 'erasing'],
  detection: ['flip', 'scale', 'colour', 'mosaic'],
  segmentation: ['flip', 'scale', 'colour'],
  temporal: ['colour'],
}

export const AUGMENTATIONS: readonly string[] = [...Object.keys(OPERATIONS), ...Object.keys(PRESETS)]

/**
 * `flip`, `flip:0.3`, `resized-crop:0.3-1` or a preset's name each; of what is named twice the last counts.
 * @throws input error for an unknown name, and a strength that isn't allowed
 */
export function parseAugmentation(names: readonly string[]): Augmentation {
  const single = names.flatMap(given => (Object.hasOwn(PRESETS, given) ? PRESETS[given] : [given]))
  return Object.assign({}, ...single.map(parsed))
}

/** Undefined where nothing is done; else for people: what is, and what it costs. */
export function describeAugmentation(augmentation: Augmentation): string | undefined {
  const done = Object.entries(OPERATIONS)
    .filter(([, { key }]) => augmentation[key] !== undefined)
    .map(([name, { key }]) => [name, strength(augmentation[key])].filter(part => part !== '').join(' '))
  if (done.length === 0) return undefined
  return `Training clips differ from step to step (${done.join(', ')}): what frozen groups make of them isn't cached, and is computed and paid for at every step.`
}

function parsed(given: string): Augmentation {
  const [name, ...rest] = given.split(':')
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined
  if (operation === undefined) throw unknownName('augmentation', name, AUGMENTATIONS)
  const { key } = operation
  const text = rest.length === 0 ? undefined : rest.join(':')
  if ('plain' in operation) {
    if (text !== undefined) throw wrongStrength(given, `'${name}' takes no strength`)
    return { [key]: true }
  }
  if ('number' in operation)
    return { [key]: text === undefined ? operation.number : parseNumber(given, text, operation.most) }
  return { [key]: text === undefined ? operation.range : parseRange(given, text, operation.within) }
}

function parseNumber(given: string, text: string, most: number): number {
  const value = numberOf(text)
  if (value >= 0 && value <= most) return value
  throw wrongStrength(given, `its strength is a number from 0 to ${most}`)
}

function parseRange(given: string, text: string, [least, most]: Range): Range {
  const ends = text.split('-').map(numberOf)
  const [from, to] = ends
  if (ends.length === 2 && from >= least && from <= to && to <= most) return [from, to]
  throw wrongStrength(given, `its strength is least-most within ${least}-${most}, as ${least}-${most}`)
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text)
}

function wrongStrength(given: string, allowed: string) {
  return inputError('augmentation.strength', `augmentation '${given}': ${allowed}`)
}

function strength(value: Augmentation[keyof Augmentation]): string {
  return typeof value === 'number' ? String(value) : Array.isArray(value) ? value.join('-') : ''
}
