import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { train } from '../../../../src/runner/code/train.ts'
import { composeTraining } from '../../../../src/runner/jobs/train/compose.ts'
import { trainSchema } from '../../../../src/runner/jobs/train/config.ts'
import { modulesOf, profiled } from '../../../../src/runner/jobs/train/cpu-profile.ts'
import { renderTrainReport } from '../../../../src/runner/jobs/train/report.ts'
import { Training } from '../../../../src/runner/jobs/train/training.ts'

const root = mkdtempSync(join(tmpdir(), 'layergym-time-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const quiet = {
  signal: new AbortController().signal,
  clock: () => performance.now(),
  onEvent: () => undefined,
}

describe('where the time went', () => {
  test('is told by what it was spent on, and by module with --profile', async () => {
    const out = join(root, 'profiled')
    const options = { env: 'CartPole-v1', agent: 'ppo', steps: 3000, evalEpisodes: 2, profile: true, out }
    const summary = await train(options, quiet)
    const { spent, modules = [] } = summary
    expect(spent.collecting + spent.learning).toBeCloseTo(summary.seconds, 3)
    expect(spent.learning).toBeGreaterThan(0)
    expect(spent.evaluating).toBeGreaterThan(0)
    expect(modules.some(({ name }) => name.startsWith('agents/'))).toBe(true)
    const { nodes, samples } = JSON.parse(readFileSync(join(out, 'profile.cpuprofile'), 'utf8'))
    expect(nodes.length).toBeGreaterThan(10)
    expect(samples.length).toBeGreaterThan(10)
    const page = renderTrainReport(summary)
    expect(page).toMatch(/Where the time went.*By module.*agents\//s)
    // All training episodes are dots of one path, besides the legend's.
    const dots = page.match(/<path[^>]*fill="#9cc6c6"[^>]*>/g) ?? []
    expect(dots.map(path => path.split('M').length - 1).sort((a, b) => a - b)).toEqual([1, summary.episodes])
  })

  test('is no part of a run’s hash, and without --profile there is no file', async () => {
    const options = { env: 'CartPole-v1', agent: 'random', steps: 200, evalEpisodes: 1 }
    const run = (profile: boolean, name: string) =>
      train({ ...options, profile, out: join(root, name) }, quiet)
    const [plain, sampled] = [await run(false, 'plain'), await run(true, 'sampled')]
    expect(sampled.hash).toBe(plain.hash)
    expect(plain.modules).toBeUndefined()
    expect(existsSync(join(root, 'plain', 'profile.cpuprofile'))).toBe(false)
    expect(renderTrainReport(plain)).not.toContain('By module')
  })

  test('modules: ours by their path, packages by name, idle time by nobody', () => {
    const frame = (id: number, url: string, functionName = 'f') => ({
      id,
      callFrame: { functionName, scriptId: '1', url, lineNumber: 0, columnNumber: 0 },
    })
    const nodes = [
      frame(1, 'file:///home/me/src/agents/mlp.ts'),
      frame(2, 'file:///home/me/.built-0123abcd/agents/mlp.js'),
      frame(3, 'file:///home/me/node_modules/@scope/name/lib/a.js'),
      frame(4, 'node:fs'),
      frame(5, '', '(idle)'),
      frame(6, '', '(garbage collector)'),
    ]
    const profile = { nodes, startTime: 0, endTime: 1, samples: [1, 2, 3, 4, 5, 6] }
    expect(modulesOf({ ...profile, timeDeltas: [1e6, 2e6, 3e5, 2e5, 9e6, 1e5] })).toEqual([
      { name: 'agents/mlp', seconds: 3 },
      { name: '@scope/name', seconds: 0.3 },
      { name: 'node', seconds: 0.2 },
      { name: '(garbage collector)', seconds: 0.1 },
    ])
  })

  test('what is profiled throws as it would', async () => {
    await expect(
      profiled(async () => {
        throw new Error('mine')
      }),
    ).rejects.toThrow('mine')
  })
})

describe('checkpoints', () => {
  const config = trainSchema.parse({
    ...{ env: 'CartPole-v1', agent: 'ppo', agentConfig: { numSteps: 64, epochs: 1 }, steps: 640 },
    ...{ evalEpisodes: 0, checkpointEvery: 64, envs: 1 },
  })
  const context = (save: (state: unknown) => Promise<void>, name: string) => ({
    ...{ save, dir: join(root, name), keep: async () => undefined, write: async (file: string) => file },
    ...{ signal: quiet.signal, clock: quiet.clock, emit: () => undefined },
  })

  test('learning goes on while one is written, and one is written at a time', async () => {
    const composition = await composeTraining(config)
    const learn = composition.agent.learn.bind(composition.agent)
    let [updates, open] = [0, () => {}]
    composition.agent.learn = trajectories => {
      updates++
      open()
      return learn(trajectories)
    }
    const begun: number[] = []
    let atOnce = 0
    // Written when the next update has begun: a run that waited for it would never end.
    const save = async () => {
      begun.push(updates)
      expect(++atOnce).toBe(1)
      await new Promise<void>(resolve => {
        open = resolve
        if (updates === 10) resolve()
      })
      atOnce--
    }
    await (await Training.in(composition, context(save, 'slow'))).finish()
    expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(atOnce).toBe(0)
  })

  test('one that can’t be written ends the run', async () => {
    const save = async () => {
      throw new Error('no space')
    }
    const training = await Training.in(await composeTraining(config), context(save, 'full'))
    await expect(training.finish()).rejects.toThrow('no space')
  })
})
