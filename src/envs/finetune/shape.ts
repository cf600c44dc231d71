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

export const constantShape: Shape = () => 1

export const SHAPES = { 'warm-up-cosine': warmUpAndCosine, constant: constantShape } as const
export type ShapeName = keyof typeof SHAPES
export const shapeNames = Object.keys(SHAPES) as [ShapeName, ...ShapeName[]]
