import { tf } from './tf.ts'

/** An optimizer's rule in operations of the engine, over all values of a layer group at once. */
export interface EngineRule {
  /** Names of the slots, in the order of `apply`'s; all begin as zeros. */
  readonly slots: readonly string[]
  /** What changes from step to step besides tensors. @param step of this group, from 1 */
  scalars(rate: number, step: number): readonly number[]
  /** New values and slots. @param scalars in the order of `scalars` */
  apply(
    value: tf.Tensor,
    gradient: tf.Tensor,
    slots: readonly tf.Tensor[],
    scalars: readonly tf.Tensor[],
  ): { readonly value: tf.Tensor; readonly slots: readonly tf.Tensor[] }
}

export function sgdRule(momentum: number, weightDecay: number, nesterov: boolean): EngineRule {
  return {
    slots: momentum === 0 ? [] : ['momentum'],
    scalars: rate => [rate],
    apply(value, gradient, [last], [rate]) {
      const slope = weightDecay === 0 ? gradient : tf.add(gradient, tf.mul(value, weightDecay))
      if (last === undefined) return { value: tf.sub(value, tf.mul(rate, slope)), slots: [] }
      const moved = tf.add(tf.mul(last, momentum), slope)
      const direction = nesterov ? tf.add(slope, tf.mul(moved, momentum)) : moved
      return { value: tf.sub(value, tf.mul(rate, direction)), slots: [moved] }
    },
  }
}

export function adamwRule(
  [beta1, beta2]: readonly [number, number],
  epsilon: number,
  weightDecay: number,
): EngineRule {
  return {
    slots: ['m', 'v'],
    scalars: (rate, step) => [
      rate / (1 - beta1 ** step),
      1 / Math.sqrt(1 - beta2 ** step),
      Math.fround(1 - rate * weightDecay),
    ],
    apply(value, gradient, [lastM, lastV], [stepSize, scale, kept]) {
      // v + (1 − β)(g² − v) stays closer to the exact value in float32 than βv + (1 − β)g².
      const m = tf.add(lastM, tf.mul(tf.sub(gradient, lastM), 1 - beta1))
      const v = tf.add(lastV, tf.mul(tf.sub(tf.mul(gradient, gradient), lastV), 1 - beta2))
      const denominator = tf.add(tf.mul(tf.sqrt(v), scale), epsilon)
      const decayed = weightDecay === 0 ? value : tf.mul(value, kept)
      return { value: tf.sub(decayed, tf.div(tf.mul(m, stepSize), denominator)), slots: [m, v] }
    },
  }
}
