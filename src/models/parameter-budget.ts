import { tf } from './tf.ts'

/** The method by which every layer makes its variables, and the sizes that it is given. */
interface WeightMaker {
  addWeight(name: string, shape: readonly (number | null)[], ...rest: unknown[]): Disposable
}

/** The method by which a model takes the weights of its file. */
interface WeightTaker {
  loadWeights(weights: tf.NamedTensorMap, ...rest: unknown[]): void
}

interface Disposable {
  dispose(): void
}

/** Numbers that one layer may give for one item: a picture of 8K in eight channels. */
const MOST_OUTPUTS = 2 ** 28

/** One build at a time: what counts is a method of a class that all layers share. */
let turn: Promise<unknown> = Promise.resolve()

/**
 * Builds a network whose layers may not make more parameters than `most`: a few bytes of a topology can ask for all
 * memory there is. The build must begin with `start`, and be synchronous from there on until all layers stand. One that
 * fails leaves no tensors.
 * @throws Error in words that go after the model's path
 */
export function withinBudget<A>(most: number, build: (start: () => void) => Promise<A>): Promise<A> {
  const done = turn.then(() => counted(most, build))
  turn = done.catch(() => undefined)
  return done
}

async function counted<A>(most: number, build: (start: () => void) => Promise<A>): Promise<A> {
  const maker = tf.layers.Layer.prototype as unknown as WeightMaker
  const taker = tf.LayersModel.prototype as unknown as WeightTaker
  const { addWeight } = maker
  const { loadWeights } = taker
  const made: Disposable[] = []
  let parameters = 0
  const start = () => {
    maker.addWeight = function (name, shape, ...rest) {
      parameters += shape.reduce<number>((product, side) => product * Number(side), 1)
      if (!(parameters <= most))
        throw new Error(`its layers ask for more parameters than the ${most} that its weight files hold`)
      const weight = tidied(() => addWeight.call(this, name, shape, ...rest))
      made.push(weight)
      return weight
    }
    taker.loadWeights = function (weights, ...rest) {
      made.push(...Object.values(weights))
      loadWeights.call(this, weights, ...rest)
    }
  }
  try {
    return await build(start)
  } catch (error) {
    for (const tensor of made) tensor.dispose()
    throw error
  } finally {
    maker.addWeight = addWeight
    taker.loadWeights = loadWeights
  }
}

/** Variables outlive their scope; the values that they begin with don't. */
function tidied<A>(make: () => A): A {
  tf.engine().startScope()
  try {
    return make()
  } finally {
    tf.engine().endScope()
  }
}

/** A batch size that is built in. */
const MOST_BATCH = 4096

/** Refuses layers whose output alone fills the memory. @throws Error in words that go after the model's path */
export function checkOutputs(layers: readonly tf.layers.Layer[]): void {
  for (const { name, inboundNodes } of layers) {
    for (const shape of inboundNodes.flatMap(node => node.outputShapes as tf.Shape[])) {
      const size = shape.slice(1).reduce<number>((product, side) => product * (side ?? 1), 1)
      if (size <= MOST_OUTPUTS && (shape[0] ?? 1) <= MOST_BATCH) continue
      throw new Error(
        `layer '${name}' gives [${shape.join(', ')}]: at most ${MOST_OUTPUTS} numbers an item are computed`,
      )
    }
  }
}
