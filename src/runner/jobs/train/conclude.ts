import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import type { PolicyEvaluation } from '../../play/evaluate.ts'
import { encode } from '../../runs/codec.ts'
import type { RunFolder } from '../../runs/run-folder.ts'
import type { TrainComposition } from './compose.ts'
import { trainedPolicy } from './policy.ts'
import { renderTrainReport } from './report.ts'
import type { TrainSummary } from './summary.ts'

interface Conclusion {
  readonly composition: TrainComposition
  readonly folder: RunFolder
  readonly learned: Pick<
    TrainSummary,
    'steps' | 'episodes' | 'updates' | 'seconds' | 'evaluations' | 'curve'
  > & { readonly digest: string }
  readonly evaluation: PolicyEvaluation
}

/** Saves the policy, the report and, last of all, the summary: where it lies, the run is done. */
export async function conclude({
  composition,
  folder,
  learned,
  evaluation,
}: Conclusion): Promise<TrainSummary> {
  const { config, world } = composition
  const { digest, ...figures } = learned
  const policy = trainedPolicy(composition)
  const { state, normalization } = policy
  const hash = createHash('sha256').update(digest).update(encode({ state, normalization })).digest('hex')
  const path = await folder.write('policy.json', encode(policy))
  const { seconds, steps } = figures
  const summary: TrainSummary = {
    runDir: folder.dir,
    hash,
    env: world.id,
    agent: config.agent,
    seed: config.seed,
    ...figures,
    stepsPerSecond: Math.round(steps / seconds),
    evaluation,
    policy: path,
    settings: {
      envs: config.envs,
      normalize: config.normalize,
      gamma: config.gamma,
      engine: config.threads === undefined ? config.engine : `${config.engine}, ${config.threads} threads`,
      agentConfig: config.agentConfig,
      envOptions: config.envOptions,
      rewardThreshold: world.make().spec.rewardThreshold,
      versions: { layergym: version(), node: process.versions.node },
    },
    notes: notesOn(figures.updates, config.agent),
  }
  await folder.write('report.html', renderTrainReport(summary))
  await folder.write('summary.json', `${JSON.stringify(summary, null, 2)}\n`)
  return summary
}

function notesOn(updates: number, agent: string): readonly string[] {
  return updates > 0 ? [] : [`${agent} got no update`]
}

function version(): string {
  return (createRequire(import.meta.url)('../../../../package.json') as { version: string }).version
}
