import { inputError } from '../../common/error.ts'
import type { ExecutorOptions } from '../eager-executor.ts'
import type { EngineRule } from '../engine-rules.ts'
import type {
  Batch,
  Entering,
  Executor,
  GradientHandle,
  Handle,
  ProbeResult,
  StepOptions,
  StepResult,
  WeightNorms,
} from '../executor.ts'
import { type FunctionBinding, functionBackend, type NativeBackend } from '../function/binding.ts'
import type { NormMode } from '../gradients.ts'
import { Held } from '../held.ts'
import type { Weights } from '../initialize.ts'
import type { Outputs } from '../tasks/task.ts'
import { tf } from '../tf.ts'
import { figuresOf, gramsOf } from './figures.ts'
import { Functions } from './functions.ts'
import { isByStoredStatistics, type Signature } from './gradient-body.ts'
import { type GroupLayout, layoutsOf } from './layout.ts'
import { type Pass, Passes } from './passes.ts'
import { ProbeFunction } from './probe-function.ts'
import { Refusals } from './refusals.ts'
import { HostCopies, heldOf, releaseUnless, type State } from './state.ts'
import { StepFunction } from './step-function.ts'

/**
 * Runs a step as one TensorFlow function on the native engines: pixels in, loss out. Weights and slots are tensors that
 * stay where they are; nothing is overwritten, so that a moment is a set of references. A step that can't be a function is
 * computed one operation at a time, on the same tensors.
 */
export class CompiledExecutor implements Executor {
  private readonly backend: NativeBackend<FunctionBinding>
  private readonly rule: EngineRule
  private readonly layouts: readonly GroupLayout[]
  private readonly copies: HostCopies
  private readonly steps = new Functions<StepFunction>()
  private readonly probes = new Functions<ProbeFunction>()
  private readonly passes: Passes
  private readonly refusals: Refusals
  private state: State
  /** What the model's variables hold. */
  private bound: State

  /** @throws input error where the engine or the optimizer has no functions */
  constructor(
    private readonly options: ExecutorOptions,
    weights: Weights,
  ) {
    const { backend, rule } = needs(options)
    this.backend = backend
    this.rule = rule
    const { network } = options
    this.layouts = layoutsOf(network)
    this.copies = new HostCopies(this.layouts, network.variables)
    this.refusals = new Refusals(options.notice)
    this.passes = new Passes(backend, this.layouts, this.refusals)
    this.state = this.copies.begun(weights)
    // The variables hold these values already.
    this.bound = this.state
  }

  reset(weights: Weights): void {
    this.move(this.copies.written(weights, this.state).map(group => ({ ...group, slots: [], step: 0 })))
    this.bind()
  }

  load(weights: Weights): void {
    this.move(this.copies.written(weights, this.state))
    this.bind()
  }

  read(handle?: Handle): Weights {
    return this.copies.read(handle === undefined ? this.state : stateOf(handle))
  }

  step(batch: Batch, rates: readonly number[], { dropout, norms, momentum }: StepOptions): StepResult {
    const trained = rates.map((rate, group) => rate > 0 && group >= batch.from)
    const signature: Signature = {
      ...signatureOf(batch, trained),
      norms: norms?.map((mode, group) => (trained[group] ? mode : 'frozen')),
      momentum,
      dropout: dropout !== undefined,
    }
    const { made, fed } = this.steps.for(signature, [batch.targets], () => this.made(signature, batch))
    const { loss, state } = made.run(batch, { state: this.state, rates, fed, dropout })
    this.refusals.tell(made.traced.refusal)
    this.move(state)
    return { loss }
  }

  /** Traces a step of all groups on a batch and gives it to the engine, without running it. @throws where that can't be done */
  rehearse(batch: Batch, norm: NormMode): void {
    const all = this.layouts.map(() => true)
    const signature = { ...signatureOf(batch, all), norms: all.map(() => norm), dropout: true }
    const { traced } = this.traced(signature, batch)
    traced.dispose()
    if (traced.refusal !== undefined) throw traced.refusal
  }

  evaluate(entering: Entering): Outputs {
    const { network } = this.options
    return network.outputs(this.forward(entering, network.groups.length))
  }

  forward({ input, clips, from }: Entering, to: number): tf.Tensor {
    const { network } = this.options
    const [output] = this.pass({
      what: `${from} to ${to} of ${clips}`,
      input,
      groups: network.groups.map((_, group) => group).slice(from, to),
      body: entering => [network.forward(entering, clips, from, to)],
    })
    return output
  }

  probe([first, second]: readonly [Batch, Batch], previous?: GradientHandle): ProbeResult {
    const { backend, options, layouts, state } = this
    const halves = second === first ? [first] : [first, second]
    const before = previous === undefined ? [] : meansOf(previous).map(({ tensor }) => tensor)
    const signature = [halves.map(({ clips, input }) => [clips, input.shape]), before.length > 0]
    const probed = { halves, previous: before }
    const targets = halves.map(half => half.targets)
    const { made, fed } = this.probes.for(signature, targets, () => {
      this.bind()
      return new ProbeFunction({ backend, options, layouts }, state, probed)
    })
    const { sums, grams, means } = made.run(state, probed, fed)
    this.refusals.tell(made.traced.refusal)
    const clips = halves.reduce((sum, half) => sum + half.clips, 0)
    const result = {
      figures: figuresOf(sums.dataSync(), before.length > 0),
      grams: gramsOf(grams.dataSync() as Float32Array, clips),
      mean: means.map(tensor => new Held(tensor)) as unknown as GradientHandle,
    }
    tf.dispose([sums, grams])
    return result
  }

  norms(since?: Handle): readonly WeightNorms[] {
    const before = since && stateOf(since)
    const squares = tf.tidy(() => {
      const norm = (tensor: tf.Tensor) => tf.sum(tf.square(tensor))
      const both = this.state.flatMap(({ learned }, group) => {
        const then = before?.[group].learned
        const moved = then === undefined || then === learned
        return [norm(learned.tensor), moved ? tf.scalar(0) : norm(tf.sub(learned.tensor, then.tensor))]
      })
      return tf.stack(both).dataSync()
    })
    return this.state.map((_, group) => ({
      norm: Math.sqrt(squares[2 * group]),
      moved: Math.sqrt(squares[2 * group + 1]),
    }))
  }

  snapshot(): Handle {
    for (const held of this.state.flatMap(heldOf)) held.share()
    return this.state as unknown as Handle
  }

  restore(handle: Handle): void {
    this.move(stateOf(handle))
  }

  changed(handle: Handle): readonly boolean[] {
    const then = stateOf(handle)
    return this.state.map(
      ({ learned, fixed }, group) => learned !== then[group].learned || fixed !== then[group].fixed,
    )
  }

  private pass(pass: Pass): readonly tf.Tensor[] {
    return this.passes.run(pass, this.state, () => this.bind())
  }

  private move(next: State): void {
    const before = this.state
    this.state = next
    releaseUnless(before, next)
  }

  /** Puts the weights of now into the model's variables. */
  private bind(): void {
    this.layouts.forEach(({ learned, fixed }, group) => {
      const [now, then] = [this.state[group], this.bound[group]]
      if (now.learned !== then.learned) learned.bind(now.learned.tensor)
      if (now.fixed !== then.fixed) fixed.bind(now.fixed.tensor)
    })
    this.bound = this.state
  }

  /** Out of what was traced where that is known to do. */
  private made(signature: Signature, batch: Batch): StepFunction {
    return this.part(signature, batch) ?? this.traced(signature, batch)
  }

  private part(signature: Signature, batch: Batch): StepFunction | undefined {
    const isAsTraced = ({ traced }: StepFunction) => traced.fed([batch.targets]) !== undefined
    const known = this.steps.first(made =>
      made.covers(signature) && isAsTraced(made) ? made.part(signature) : undefined,
    )
    return known ?? this.whole(signature, batch)?.part(signature)
  }

  /**
   * A step of all groups on as many clips, once a second signature asks: whatever else is met is a part of it. Its values don't
   * matter.
   */
  private whole(signature: Signature, { targets }: Batch): StepFunction | undefined {
    const { clips } = signature
    const isWhole = signature.from === 0 && signature.trained.every(moves => moves)
    if (isWhole || !isByStoredStatistics(signature)) return undefined
    const before = this.steps.first(made => (made.signature.clips === clips ? made : undefined))
    if (before === undefined) return undefined
    const shape = this.options.network.inputShape(clips)
    const whole: Signature = { ...signature, shape, from: 0, trained: this.layouts.map(() => true) }
    const input = tf.zeros([...shape])
    try {
      return this.steps.for(whole, [targets], () => this.traced(whole, { input, clips, from: 0, targets }))
        .made
    } finally {
      input.dispose()
    }
  }

  /** A trace reads the weights of now from the model's variables. */
  private traced(signature: Signature, batch: Batch): StepFunction {
    this.bind()
    const { backend, options, rule, layouts, state } = this
    return StepFunction.of({ backend, options, rule, layouts }, signature, state, batch)
  }
}

/** Why the compiled executor can't run these; undefined where it can. */
export function whyNotCompiled(options: ExecutorOptions): string | undefined {
  if (functionBackend() === undefined)
    return tf.getBackend() === 'tensorflow'
      ? "the engine's addon has no functions: run `layergym setup` (in a clone: npm run setup)"
      : `the engine '${tf.getBackend()}' has no functions: only the native ones do`
  const { id, onEngine } = options.optimizer()
  return onEngine === undefined ? `the optimizer '${id}' has no rule for the engine` : undefined
}

function needs(options: ExecutorOptions) {
  const backend = functionBackend()
  const rule = options.optimizer().onEngine
  if (backend === undefined || rule === undefined)
    throw inputError('executor.compiled', `steps can't be compiled: ${whyNotCompiled(options)}`)
  return { backend, rule }
}

function signatureOf({ clips, input, from }: Batch, trained: readonly boolean[]) {
  return { clips, shape: input.shape, from, trained }
}

function stateOf(handle: Handle): State {
  return handle as unknown as State
}

function meansOf(handle: GradientHandle): readonly Held[] {
  return handle as unknown as readonly Held[]
}
