import { type EnvOptions, makeBatchEnv, makeEnv } from '../registry.ts'
import { type AutoresetMode, VectorEnv } from '../vector.ts'

/** Of `makeVectorEnv`: the environment's own, and when ended episodes give way. */
export interface VectorOptions {
  readonly autoreset?: AutoresetMode
  readonly options?: EnvOptions
}

/**
 * So many environments of an id that step together: `makeVectorEnv('CartPole-v1', 64)`; over typed arrays where there is
 * such a form of it (`BatchEnv`), else one by one, with the same results.
 * @throws as `makeEnv`; input error where `size` is no integer >= 1
 */
export function makeVectorEnv<O = unknown, A = unknown>(
  id: string,
  size: number,
  { autoreset, options }: VectorOptions = {},
): VectorEnv<O, A> {
  const batch = makeBatchEnv(id, size, options)
  const envs = batch ?? Array.from({ length: size }, () => makeEnv<O, A>(id, options))
  return new VectorEnv<O, A>(envs, autoreset)
}
