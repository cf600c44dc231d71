import { inputError } from '../../../common/error.ts'

/** How a setting goes from one value to another while the run's progress goes from 0 to 1. */
const SHAPES = {
  linear: (from: number, to: number) => (progress: number) => from + progress * (to - from),
  cosine: (from: number, to: number) => (progress: number) =>
    to + 0.5 * (from - to) * (1 + Math.cos(Math.PI * progress)),
  exponential: (from: number, to: number) => (progress: number) => from * (to / from) ** progress,
} as const

/** A named shape of a schedule. */
export type ScheduleShape = keyof typeof SHAPES

/** A setting's course, as `--schedule` has it: `learningRate=cosine:1e-3..1e-5`. */
export interface ScheduleText {
  readonly setting: string
  readonly shape: ScheduleShape
  /** Default: the setting's value, and 0. */
  readonly from?: number
  readonly to?: number
}

const NUMBER = '[-+.\\deE]+'
const TEXT = new RegExp(`^([\\w-]+)=(\\w+)(?::(${NUMBER})\\.\\.(${NUMBER}))?$`)

/** @throws input error that shows what is allowed */
export function parseSchedule(text: string): ScheduleText {
  const [, name, shape, from, to] = TEXT.exec(text) ?? []
  if (name === undefined || !Object.hasOwn(SHAPES, shape)) throw unreadable(text)
  const setting = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  if (from === undefined) return { setting, shape: shape as ScheduleShape }
  const range = { from: Number(from), to: Number(to) }
  if (!Number.isFinite(range.from) || !Number.isFinite(range.to)) throw unreadable(text)
  return { setting, shape: shape as ScheduleShape, ...range }
}

/**
 * The course as a function of the progress in [0, 1].
 * @param value of the setting, where the text says no beginning
 * @throws input error where there is nothing to begin with, or a shape can't go there
 */
export function courseOf({ setting, shape, from, to = 0 }: ScheduleText, value: unknown) {
  const start = from ?? value
  if (typeof start !== 'number') {
    throw inputError(
      'train.schedule',
      `'${setting}' has no value to begin with: give both, as in ${setting}=${shape}:0.1..0.01`,
    )
  }
  if (shape === 'exponential' && !(start * to > 0)) {
    throw inputError(
      'train.schedule',
      `an exponential schedule goes between two numbers of one sign, not from ${start} to ${to}: ` +
        `give both, as in ${setting}=exponential:${start || 0.1}..${(start || 0.1) / 100}`,
    )
  }
  return SHAPES[shape](start, to)
}

function unreadable(text: string) {
  return inputError(
    'train.schedule',
    `a schedule is setting=shape or setting=shape:from..to, as in learningRate=linear:1e-3..1e-4, not '${text}' ` +
      `(shapes: ${Object.keys(SHAPES).join(', ')})`,
  )
}
