import { roll } from './roll.ts'
import type { Trial } from './trial.ts'

const ROUNDS = 4

/** Whether rounds of acting and learning keep tensors, and `dispose` gives all back. */
export async function checkTensors(trial: Trial): Promise<void> {
  const count = await tensorCounter()
  if (count === undefined) return
  await trial.attempt('learn.throws', 'act() or learn()', async () => {
    const before = count()
    const agent = trial.make(1)
    const counts: number[] = []
    // The first rounds may set up optimizers.
    for (let round = 0; round < 2 + ROUNDS; round++) {
      await agent.learn(await roll(agent, trial.world, 20 + round))
      counts.push(count())
    }
    const growth = counts.slice(2).map((n, i) => n - counts[i + 1])
    if (growth.every(n => n > 0)) {
      trial.error(
        'tensors.leak',
        `every round of acting and learning leaves ${growth[0]} tensors behind: use tf.tidy, or dispose of them`,
      )
    }
    await trial.dispose(agent)
    const left = count() - before
    if (left <= 0 || growth.every(n => n > 0)) return
    // No error: models that the factory closes over stay its maker's.
    trial.warning(
      'tensors.kept',
      `after dispose() ${left} tensors of the agent are left: dispose of the variables and optimizer slots that are its own`,
    )
  })
}

/** Undefined where no agent can hold tensors: TensorFlow.js has not been loaded in this process. */
async function tensorCounter(): Promise<(() => number) | undefined> {
  // Where tfjs keeps its engine, so that all copies of it share one.
  if (!('_tfengine' in globalThis)) return undefined
  const { tf } = await import('../../models/tf.ts')
  // tf.memory() would start a backend where none runs yet.
  return () => tf.engine().state.numTensors
}
