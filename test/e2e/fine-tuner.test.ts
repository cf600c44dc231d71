import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { layersApproximator } from '../../src/agents/layers-approximator.ts'
import { Mlp } from '../../src/agents/mlp.ts'
import { loadDataset } from '../../src/data/load.ts'
import type { ActionSet } from '../../src/envs/finetune/actions.ts'
import type { RewardRound } from '../../src/envs/finetune/reward.ts'
import { Discrete } from '../../src/envs/spaces.ts'
import { loadModel } from '../../src/models/load.ts'
import { tf } from '../../src/models/tf.ts'
import { HierarchicalFineTuner, RLHF } from '../../src/runner/jobs/fine-tune/fine-tuner.ts'
import { resumeRun } from '../../src/runner/jobs/fine-tune/job.ts'
import { CACHE, workspace, writeManifest } from '../support/e2e.ts'
import { tinyImageModel } from '../support/models.ts'

const folder = workspace()
const manifest = writeManifest(folder)
const small = {
  frames: 2,
  size: 24,
  batchSize: 4,
  budgetSteps: 6,
  roundSteps: 2,
  numEpisodes: 2,
  baselines: [] as const satisfies readonly string[],
  baselineSeeds: 1,
  agentConfig: { episodesPerUpdate: 1 },
  cache: CACHE,
  threads: 1,
}

/** Freeze or thaw at one rate. */
const onOff: ActionSet<unknown> = {
  id: 'on-off',
  description: 'freeze, or thaw at the reset rate',
  space: new Discrete(2),
  keep: 0,
  apply: (action, _setting, depth, limits) => ({ frozen: action === 0, learningRate: limits.reset(depth) }),
  describe: action => (action === 0 ? 'off' : 'on'),
}

describe('HierarchicalFineTuner', () => {
  test('needs no more than a model and clips', async () => {
    const { numEpisodes, baselines, baselineSeeds, cache, threads, batchSize, budgetSteps, frames, size } =
      small
    const options = {
      numLayers: 3,
      numEpisodes,
      baselineSeeds,
      cache,
      threads,
      batchSize,
      budgetSteps,
      frames,
      size,
      baselines: [...baselines],
    }
    const result = await new RLHF(tinyImageModel(), manifest, options).fineTune()
    expect(result.learningCurve.map(episode => episode.kind)).toEqual(['learning', 'learning', 'greedy'])
    expect(result.summary.groups.map(group => group.name)).toEqual(['group-1', 'group-2', 'head'])
    expect(Object.keys(result.policy)).toEqual(['group-1', 'group-2', 'head'])
    await result.model.save(`file://${join(folder, 'saved')}`)
    expect(existsSync(join(folder, 'saved', 'model.json'))).toBe(true)
    const { model } = await loadModel(join(folder, 'saved'))
    const clip = tf.randomUniform([1, 2, 24, 24, 3], 0, 255, 'float32', 7)
    const [mine, saved] = [result.model, model].map(m => (m.predict(clip) as tf.Tensor).dataSync())
    expect([...saved]).toEqual([...mine])
  })

  test('every part may be one’s own', async () => {
    const seen: RewardRound[] = []
    const sizes: { inputs: number; outputs: number }[] = []
    const dataset = await loadDataset(manifest)
    const result = await new HierarchicalFineTuner(tinyImageModel(), dataset, {
      ...small,
      baselines: [],
      numLayers: ['relu1', 'relu3'],
      head: (features, { units }) => {
        const mean = tf.layers.globalAveragePooling1d({ name: 'my_mean' }).apply(features)
        const dense = tf.layers.dense({ units, activation: 'softmax', name: 'my_logits' })
        return dense.apply(mean) as tf.SymbolicTensor
      },
      stateSpace: {
        group: [{ id: 'frozen', description: '1 when frozen', value: s => (s.frozen ? 1 : -1) }],
        global: [{ id: 'left', description: 'budget left', value: s => 2 * s.budgetLeft - 1 }],
      },
      actionSpace: onOff,
      rewardFunction: round => {
        seen.push(round)
        return round.before.loss - round.after.loss
      },
      policyNetwork: ({ inputs, outputs, rng }) => {
        sizes.push({ inputs, outputs })
        return new Mlp({ inputs, outputs, rng, hidden: [5] })
      },
      valueNetwork: ({ inputs }) => {
        const dense = tf.layers.dense({ units: 1, inputShape: [inputs], kernelInitializer: 'zeros' })
        return layersApproximator(tf.sequential({ layers: [dense] }))
      },
      out: join(folder, 'own'),
    }).fineTune()
    const { summary } = result
    expect(result.model.layers.map(layer => layer.name)).toContain('my_logits')
    expect(summary.groups).toHaveLength(3)
    expect(summary.config).toMatchObject({ features: ['frozen', 'left'], reward: '(given in code)' })
    expect(sizes).toEqual([1, 2, 3].map(() => ({ inputs: 2, outputs: 2 })))
    expect(seen.every(round => round.before.split === 'reward' && round.after.split === 'reward')).toBe(true)
    for (const { rounds } of result.learningCurve)
      for (const { groups } of rounds)
        for (const { action, learningRate } of groups) {
          expect(['on', 'off']).toContain(action)
          expect(learningRate > 0).toBe(action === 'on')
        }
    const [first] = result.learningCurve
    const losses = first.rounds.map(round => round.rewardLoss)
    expect(first.return).toBeCloseTo(seen[0].before.loss - (losses.at(-1) ?? 0), 10)
    expect(Object.values(summary.updates)).toEqual([2, 2, 2])
  })

  test('the same options give the same hash, and an interrupted run goes on in code', async () => {
    const options = { ...small, baselines: [], numLayers: 2, numEpisodes: 3 }
    const whole = await new HierarchicalFineTuner(tinyImageModel(), manifest, options).fineTune()
    const controller = new AbortController()
    const out = join(folder, 'interrupted')
    const tuner = new HierarchicalFineTuner(tinyImageModel(), manifest, {
      ...options,
      out,
      signal: controller.signal,
      onEvent: event => {
        if (event.type === 'episode' && event.episode.index === 1) controller.abort()
      },
    })
    await expect(tuner.fineTune()).rejects.toMatchObject({ kind: 'interrupted' })
    const hooks = { signal: new AbortController().signal, clock: () => 0, onEvent: () => undefined }
    await expect(resumeRun(out, hooks)).rejects.toThrow(/given its model in code/)
    const end = await resumeRun(out, hooks, { model: tinyImageModel() })
    expect('summary' in end ? end.summary.hash : end.hash).toBe(whole.summary.hash)
  })

  test.each([
    [{ numLayers: ['relu9'] }, /relu9/],
    [{ numLayers: 99 }, /99/],
    [{ rewardFunction: 'log-los' }, /did you mean 'log-loss'/],
    [{ gamma: 2 }, /'gamma' can't be 2/],
    [{ learningRat: 1e-3 }, /did you mean 'learning-rate'/],
  ])('%j is refused with a reason', async (wrong, words) => {
    const options = { ...small, baselines: [], ...wrong }
    await expect(new HierarchicalFineTuner(tinyImageModel(), manifest, options).fineTune()).rejects.toThrow(
      words,
    )
  })
})
