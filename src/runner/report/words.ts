import type { Task } from '../../models/tasks/task.ts'

/** Figures and names as a reader wants them; nothing here depends on the machine's locale. */
const MINUS = '−'
const KNOWN_SCHEDULES: Readonly<Record<string, string>> = {
  linearProbe: 'linear probe',
  fullFineTune: 'full fine-tuning',
  fromScratch: 'training from scratch',
  lpFt: 'LP-FT',
  discriminative: 'discriminative rates',
  headOnly: 'head alone',
  layerDecay: 'layer decay',
  fineTune: "fastai's fine_tune",
  autoRgn: 'Auto-RGN',
  autoFreeze: 'AutoFreeze',
}

/** "linear probe" for `linearProbe`; names that aren't camelCase stay as they are. */
export function scheduleLabel(name: string): string {
  if (Object.hasOwn(KNOWN_SCHEDULES, name)) return KNOWN_SCHEDULES[name]
  return name.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  )
}

/** A figure as a reader wants it. */
export interface Shown<F> {
  readonly name: string
  /** Empty for shares, which are shown in per cent. */
  readonly unit: string
  of(figures: F): number
  format(value: number): string
}

/** What counts first, where it is none of the task's parts; then those, each in its unit. */
export function shownFigures({ metric, parts }: Pick<Task, 'metric' | 'parts'>): readonly Shown<Figures>[] {
  const own = parts.map(({ key, name, unit }) => ({
    name,
    unit: unit === 'share' ? '' : unit,
    of: (figures: Figures) => figures.parts[key],
    format: unit === 'share' ? percent : (value: number) => decimal(value),
  }))
  if (parts.some(({ name }) => name === metric)) return own
  return [{ name: metric, unit: '', of: ({ primary }: Figures) => primary, format: percent }, ...own]
}

interface Figures {
  readonly primary: number
  readonly parts: Readonly<Record<string, number>>
}

/** "1 clip", "2 clips", "0 clips". */
export function plural(count: number, singular: string, several = `${singular}s`): string {
  return `${integer(count)} ${count === 1 ? singular : several}`
}

/** 12345.6 → "12,346". */
export function integer(value: number): string {
  if (!Number.isFinite(value)) return 'not finite'
  return withMinus(
    Math.round(value)
      .toFixed(0)
      .replace(/\B(?=(\d{3})+$)/g, ','),
  )
}

export function decimal(value: number, digits = 3): string {
  return Number.isFinite(value) ? withMinus(value.toFixed(digits)) : 'not finite'
}

export function signed(value: number, digits = 3): string {
  return value > 0 && Number(value.toFixed(digits)) > 0
    ? `+${decimal(value, digits)}`
    : decimal(value, digits)
}

/** "+0.120 ± 0.034"; without the second part where the standard error isn't known. */
export function uncertain(value: number, standardError: number | null | undefined): string {
  const known = Number.isFinite(value) && Number.isFinite(standardError ?? Number.NaN)
  return known ? `${signed(value)} ± ${decimal(Number(standardError))}` : signed(value)
}

/** A whole number, or "-" where it isn't known. */
export function integerIfKnown(value: number | null): string {
  return Number.isFinite(value ?? Number.NaN) ? integer(Number(value)) : '-'
}

/** 0.648 → "64.8 %". */
export function percent(value: number): string {
  return Number.isFinite(value) ? `${decimal(100 * value, 1)} %` : 'not finite'
}

/** "1.2e-4" as "1.2 × 10⁻⁴" would not align in tables: the exponent form that configs use. */
export function learningRate(value: number): string {
  return value === 0 ? 'frozen' : value.toExponential(1).replace('.0e', 'e')
}

const FLOP_UNITS = ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP', 'PFLOP', 'EFLOP'] as const

export function flops(value: number): string {
  return scaled(value, FLOP_UNITS)
}

export function parameters(value: number): string {
  return value < 10_000 ? integer(value) : scaled(value, ['', 'k', 'M', 'G', 'T'])
}

/** "0.4 s", "42 s", "3 min 5 s", "2 h 10 min". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'not finite'
  if (seconds < 9.95) return `${decimal(seconds, 1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  const minutes = Math.round(whole / 60)
  return `${integer(Math.floor(minutes / 60))} h ${minutes % 60} min`
}

/** "12.3 GFLOP and 42 s". */
export function costWords(cost: { readonly flops: number; readonly seconds: number }): string {
  return `${flops(cost.flops)} and ${duration(cost.seconds)}`
}

const PARTS = [
  ...['half', 'a third', 'a quarter', 'a fifth', 'a sixth', 'a seventh', 'an eighth', 'a ninth', 'a tenth'],
  ...['an eleventh', 'a twelfth', 'a thirteenth', 'a fourteenth', 'a fifteenth', 'a sixteenth'],
  ...['a seventeenth', 'an eighteenth', 'a nineteenth', 'a twentieth'],
]

/** "a fifteenth of its cost", "about its cost", "4.1 times its cost". */
export function shareOfCost(value: number): string {
  if (!Number.isFinite(value) || value <= 0) return 'a cost that is not known'
  if (value > 1.25) return `${value >= 9.95 ? integer(value) : decimal(value, 1)} times its cost`
  if (value > 0.75) return 'about its cost'
  const part = Math.round(1 / value)
  return `${PARTS[Math.max(part, 2) - 2] ?? `1/${integer(part)}`} of its cost`
}

function scaled(value: number, units: readonly string[]): string {
  if (!Number.isFinite(value)) return 'not finite'
  const rank = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value * 1.0005) / 3))
  const amount = value / 1000 ** rank
  const digits = rank === 0 ? 0 : amount < 9.995 ? 2 : amount < 99.95 ? 1 : 0
  return `${amount.toFixed(digits)} ${units[rank]}`.trim()
}

function withMinus(text: string): string {
  if (/^-0(\.0*)?$/.test(text)) return text.slice(1)
  return text.replace('-', MINUS)
}
export function pWords(p: number): string {
  return p < 0.001 ? '< 0.001' : decimal(p, 3)
}
