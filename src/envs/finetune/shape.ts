/** A factor on all rates as a run goes; `progress` is the share of the budget that is spent, [0, 1). */
export type Shape = (progress: number) => number

/** Share of the budget in which rates rise. */
const WARM_UP = 0.1
/** Of the full rate, at the first step. */
const FIRST = 0.1

/**
 * Rates rise over the first tenth of the budget, then fall to 0 along half a cosine: the recipe by which fine-tuning
 * is compared nowadays (Goyal et al. 2017; SGDR without restarts, Loshchilov & Hutter 2017).
 */
export const warmUpAndCosine: Shape = progress =>
  progress < WARM_UP
    ? Math.max(FIRST, progress / WARM_UP)
    : (1 + Math.cos((Math.PI * (progress - WARM_UP)) / (1 - WARM_UP))) / 2

/** Up over a tenth, then straight down to a 32nd (ULMFiT's slanted triangle: Howard & Ruder 2018, eq. 3). */
export const slantedTriangle: Shape = progress => {
  const height = progress < 0.1 ? progress / 0.1 : (1 - progress) / 0.9
  return (1 + height * (32 - 1)) / 32
}

/**
 * From 1/div up to 1 along half a cosine over the first `up` of a part of a run, then down to 1e-5 (fastai's
 * fit_one_cycle, after Smith 2018; its momentum stays what the optimizer's is).
 */
export function oneCycle(up: number, div: number): Shape {
  const between = (from: number, to: number, share: number) =>
    to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2
  return progress =>
    progress < up
      ? between(1 / div, 1, progress / up)
      : between(1, 1e-5, Math.min(1, (progress - up) / (1 - up)))
}

export const constantShape: Shape = () => 1

export const SHAPES = { 'warm-up-cosine': warmUpAndCosine, constant: constantShape } as const
export type ShapeName = keyof typeof SHAPES
export const shapeNames = Object.keys(SHAPES) as [ShapeName, ...ShapeName[]]
