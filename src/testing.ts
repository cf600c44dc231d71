import { describe, expect, test } from 'vitest'
import { type AgentCheckOptions, type AgentUnderTest, checkAgent, type TestContext } from './agents/check.ts'
import { Rng } from './common/random.ts'
import { type CheckOptions, checkEnv, type Finding } from './envs/check.ts'
import type { Env } from './envs/env.ts'
import { startEngine } from './models/engine.ts'
import { checkTask, type TaskCheckOptions } from './models/tasks/check.ts'
import type { TaskDefinition } from './models/tasks/task.ts'

/** Suites of vitest that hold anyone's environments, agents and tasks to the contracts, and what they are made of. */

export type { AgentCheckOptions, AgentUnderTest, CheckOptions, Finding, TaskCheckOptions, TestContext }
export { checkAgent, checkEnv, checkTask }

/**
 * `describeEnv('Corridor', () => new Corridor())`: no errors of `checkEnv`, and two instances agree.
 * @param makeEnv called once a test; each environment is closed
 */
export function describeEnv<O, A>(
  name: string,
  makeEnv: () => Env<O, A> | Promise<Env<O, A>>,
  options: Pick<CheckOptions, 'steps' | 'timeoutSeconds'> = {},
): void {
  describe(`${name} keeps the contract of Env`, () => {
    test('checkEnv finds no error', async () => {
      expect(errorsAmong(await checkEnv(await makeEnv(), options))).toEqual([])
    })

    test('two instances with one seed and the same actions agree', async () => {
      const play = async () => {
        const env = await makeEnv()
        const rng = Rng.of(1, 'actions')
        const outcomes: unknown[] = [structuredClone(await env.reset({ seed: 1 }))]
        for (let t = 0; t < Math.min(options.steps ?? 100, 100); t++) {
          const outcome = await env.step(env.actionSpace.sample(rng, env.actionMask?.()))
          outcomes.push(structuredClone({ ...outcome, info: {} }))
          if (outcome.terminated || outcome.truncated) break
        }
        const { nondeterministic } = env.spec
        await env.close?.()
        return nondeterministic ? [] : outcomes
      }
      expect(await play()).toEqual(await play())
    })
  })
}

/** Milliseconds: small environments are learned in seconds, and a slow network's in minutes. */
const PATIENCE = 600_000

/**
 * `describeAgent('mine', definition)`, or `describeAgent('mine', context => new Mine(context), { actionSpace })`: no
 * errors of `checkAgent`.
 */
export function describeAgent(name: string, agent: AgentUnderTest, options: AgentCheckOptions = {}): void {
  describe(`${name} keeps the contract of Agent`, () => {
    test('checkAgent finds no error', { timeout: PATIENCE }, async () => {
      expect(errorsAmong(await checkAgent(agent, options))).toEqual([])
    })
  })
}

/** `describeTask('clip-speed', definition, { dataset })`: no errors of `checkTask`, which starts an engine. */
export function describeTask(name: string, definition: TaskDefinition, options: TaskCheckOptions): void {
  describe(`${name} keeps the contract of Task`, () => {
    test('checkTask finds no error', { timeout: PATIENCE }, async () => {
      await startEngine()
      expect(errorsAmong(checkTask(definition, options))).toEqual([])
    })
  })
}

function errorsAmong(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ severity }) => severity === 'error')
}
