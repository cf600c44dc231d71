import { isObservable, type Observable, Subject, Subscription } from 'rxjs'
import type { LearnReport } from '../../../agents/agent.ts'
import { inputError } from '../../../common/error.ts'
import type { Rollout } from '../../play/collecting.ts'
import type { EvaluationPoint } from '../../play/points.ts'
import type { BestState } from './best.ts'
import type { ResolvedConfig } from './config.ts'

/** What happens in a training run, in order. `step`: environment steps so far. */
export type TrainEvent =
  /** Collected, and not yet learned from: leave it as it is. */
  | { readonly type: 'rollout'; readonly step: number; readonly rollout: Rollout }
  /** `return` is undiscounted, of the environment's own rewards. */
  | { readonly type: 'episode'; readonly step: number; readonly return: number; readonly length: number }
  | {
      readonly type: 'update'
      readonly step: number
      /** From 1 on. */
      readonly update: number
      readonly report: LearnReport
    }
  | {
      readonly type: 'evaluation'
      readonly step: number
      readonly point: EvaluationPoint
      /** Better than all before: its policy has been kept. */
      readonly best: boolean
    }
  | { readonly type: 'checkpoint'; readonly step: number }

/** A run as its listeners have it. Whatever they ask for is done before the run goes on. */
export interface TrainRun {
  /** Hot; completes when learning ends. */
  readonly events$: Observable<TrainEvent>
  /** With everything that was left open. */
  readonly config: ResolvedConfig
  /** Environment steps so far. */
  readonly step: number
  /** The best evaluation on the way, where there was one. */
  readonly best: BestState | undefined
  /**
   * Plays greedy episodes with the policy as it is; the best evaluation's policy is kept as best-policy.json.
   * @param episodes default: a tenth of `config.evalEpisodes`
   */
  evaluate(episodes?: number): Promise<EvaluationPoint>
  /**
   * Changes settings of the agent from the next update on; the run's hash says so.
   * @throws input error where the agent has no such setting that can change, or not to that
   */
  adjust(settings: Readonly<Record<string, number>>): void
  /** Ends the run after this update, with a note that says why. */
  stop(reason: string): void
  /** Own figures, by tag as `mine/entropy`: into TensorBoard and events.jsonl. @throws input error where one isn't finite */
  log(figures: Readonly<Record<string, number>>): void
  /** A file of one's own in the run folder's `artefacts`; resolves to its path. @throws input error where the name is a path */
  write(name: string, content: string | Uint8Array): Promise<string>
  /** Work that the run waits for before it goes on. */
  hold(work: Promise<unknown>): void
}

/**
 * Hears what a run does, and may steer it. One that keeps something over time, and steers by it, says so in `state`:
 * a run that is interrupted then ends as if it hadn't been.
 */
export interface TrainListener {
  /** Subscribes to `run.events$`. An observable that it returns is subscribed to, and its error ends the run. */
  listen(run: TrainRun): Observable<unknown> | Subscription | undefined
  /** JSON-safe; kept in checkpoints, and given back before `listen`. */
  state?(): unknown
  restore?(state: unknown): void
}

/** What a run does for its listeners. */
export interface Steerable {
  readonly config: ResolvedConfig
  readonly step: number
  readonly best: BestState | undefined
  evaluate(episodes: number | undefined): Promise<{ readonly point: EvaluationPoint; readonly best: boolean }>
  adjust(settings: Readonly<Record<string, number>>): void
  stop(reason: string): void
  log(figures: Readonly<Record<string, number>>): Promise<unknown>
  write(name: string, content: string | Uint8Array): Promise<string>
}

/** Tells listeners what happens, and waits for what they asked for. */
export class HeardRun implements TrainRun {
  private readonly subject = new Subject<TrainEvent>()
  private readonly subscriptions = new Subscription()
  private readonly pending = new Set<Promise<unknown>>()
  /** Evaluations are played one after the other. */
  private evaluated: Promise<unknown> = Promise.resolve()
  private failed: { readonly error: unknown } | undefined

  constructor(
    private readonly listeners: readonly TrainListener[],
    private readonly run: Steerable,
  ) {}

  get events$(): Observable<TrainEvent> {
    return this.subject
  }

  get config(): ResolvedConfig {
    return this.run.config
  }

  get step(): number {
    return this.run.step
  }

  get best(): BestState | undefined {
    return this.run.best
  }

  /** Whether anyone listens: else there is nothing to tell. */
  get active(): boolean {
    return this.listeners.length > 0
  }

  async begin(): Promise<void> {
    for (const listener of this.listeners) {
      const listening = listener.listen(this)
      if (isObservable(listening)) {
        const error = (error: unknown) => {
          this.failed ??= { error }
        }
        this.subscriptions.add(listening.subscribe({ error }))
      } else if (listening !== undefined) this.subscriptions.add(listening)
    }
    await this.settled()
  }

  /** @throws what a listener, or something that it asked for, threw */
  async tell(event: TrainEvent): Promise<void> {
    this.subject.next(event)
    await this.settled()
  }

  async end(): Promise<void> {
    this.subject.complete()
    await this.settled()
  }

  close(): void {
    this.subscriptions.unsubscribe()
  }

  evaluate(episodes?: number): Promise<EvaluationPoint> {
    const playing = this.evaluated.then(async () => {
      const { point, best } = await this.run.evaluate(episodes)
      this.subject.next({ type: 'evaluation', step: point.step, point, best })
      return point
    })
    this.evaluated = playing.catch(() => undefined)
    this.hold(playing)
    return playing
  }

  adjust(settings: Readonly<Record<string, number>>): void {
    this.run.adjust(settings)
  }

  stop(reason: string): void {
    this.run.stop(reason)
  }

  log(figures: Readonly<Record<string, number>>): void {
    const wrong = Object.entries(figures).find(([, value]) => !Number.isFinite(value))
    if (wrong !== undefined) {
      throw inputError('train.figure', `the figure '${wrong[0]}' is ${wrong[1]}: log finite numbers`)
    }
    this.hold(this.run.log(figures))
  }

  write(name: string, content: string | Uint8Array): Promise<string> {
    if (!/^\w[\w.-]*$/.test(name)) {
      throw inputError(
        'train.artefact',
        `an artefact can't be called '${name}': letters, digits, '_', '.' and '-' make its name`,
      )
    }
    const writing = this.run.write(name, content)
    this.hold(writing)
    return writing
  }

  hold(work: Promise<unknown>): void {
    this.pending.add(work)
    const done = () => this.pending.delete(work)
    work.then(done, done)
  }

  /** Of each listener, where it has one. */
  states(): readonly unknown[] {
    return this.listeners.map(listener => listener.state?.() ?? null)
  }

  restore(states: readonly unknown[]): void {
    for (const [i, listener] of this.listeners.entries()) listener.restore?.(states[i])
  }

  private async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending)
    if (this.failed !== undefined) throw this.failed.error
  }
}
