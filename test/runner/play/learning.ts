import type { AgentState, Trajectory } from '../../../src/agents/agent.ts'
import { frontier } from '../../../src/envs/hierarchy/root.ts'
import type { Control } from '../../../src/runner/play/control.ts'
import {
  initialLearningState,
  type LearningState,
  type LearnOptions,
  learn,
} from '../../../src/runner/play/learn.ts'
import type { GroupAgent } from '../../../src/runner/play/roles.ts'
import { ToyWorld } from '../../support/toy-world.ts'

/** Draws its actions, and remembers what it learned from: its policy is how often it learned. */
export class Recorder implements GroupAgent {
  readonly appetite: GroupAgent['appetite']
  readonly lessons: (readonly Trajectory<unknown, unknown>[])[] = []
  versions: number[] = []

  constructor(count: number, unit: 'episode' | 'step' = 'episode') {
    this.appetite = { unit, count }
  }

  act: GroupAgent['act'] = (observations, { masks, rng }) => {
    this.versions.push(this.lessons.length)
    return observations.map((_, i) => {
      const mask = masks[i] ?? Uint8Array.of(1, 1, 1)
      const allowed = [...mask.keys()].filter(action => mask[action] === 1)
      return { action: allowed[rng.int(allowed.length)] }
    })
  }

  learn(trajectories: readonly Trajectory<unknown, unknown>[]) {
    this.lessons.push(trajectories)
    return { lesson: this.lessons.length }
  }

  state(): AgentState {
    return { lessons: this.lessons.length }
  }

  restore({ lessons }: AgentState) {
    this.lessons.length = Number(lessons)
  }
}

export type More = 'comparable' | 'onEpisodeStart' | 'elsewhere' | 'stage' | 'clock' | 'onEvent'

export interface Options extends Partial<Pick<LearnOptions, More>> {
  readonly agents: ReadonlyMap<string, GroupAgent>
  readonly view?: Control['view']
  readonly workers?: number
  readonly episodes?: number
  readonly perUpdate?: number
  readonly onRound?: (seed: number, step: number) => void
  readonly state?: LearningState
  readonly onState?: (state: LearningState) => Promise<void>
  readonly signal?: AbortSignal
}

export function learning(options: Options) {
  const { agents, view = 'parallel', workers = 1, episodes = 6, perUpdate = 2 } = options
  const worlds = Array.from({ length: workers }, () => new ToyWorld(3, 4, options.onRound))
  const events: string[] = []
  const result = learn({
    control: { agents, view, rootActions: frontier, rootEvery: 2, gamma: 0.9 },
    stage: options.stage ?? (() => ({ worlds, worldSeed: 1 })),
    ...{ workers, episodes, perUpdate, seed: 5, comparable: options.comparable ?? true },
    ...{ onEpisodeStart: options.onEpisodeStart, elsewhere: options.elsewhere },
    state: options.state ?? initialLearningState(agents),
    signal: options.signal ?? new AbortController().signal,
    clock: options.clock ?? (() => 0),
    onEvent(event) {
      options.onEvent?.(event)
      const { type } = event
      events.push(type === 'episode' ? `episode ${event.episode.index}` : type)
    },
    onState: options.onState ?? (async () => undefined),
  })
  return { result, events }
}

export const ofEach = (count: number) =>
  new Map(['group-0', 'group-1', 'group-2'].map(name => [name, new Recorder(count)]))
