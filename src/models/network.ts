import type { ClipValues } from '../data/clip-values.ts'
import { ClipInput } from './clip-input.ts'
import { crossings } from './cut-places.ts'
import { masksFrom } from './dropout.ts'
import { execute, results } from './execute.ts'
import type { ExecutionContext } from './execution-context.ts'
import { type NodeFlops, nodeFlops, size, stepFlops, timeSteps } from './flops.ts'
import {
  type BatchStatistic,
  type DifferentiationOptions,
  type GradientOptions,
  type GradientResult,
  type GradientTensors,
  readGradients,
} from './gradients.ts'
import { flattenModel, type Graph, type Layer } from './graph.ts'
import { cutIntoGroups, type LayerGroup } from './groups.ts'
import { isStandardisation } from './head-kinds.ts'
import { nativeKernels, withKernels } from './kernels.ts'
import { compile, type Operation } from './program.ts'
import { SCALING_LAYER } from './scaling.ts'
import type { Outputs } from './tasks/task.ts'
import { tf } from './tf.ts'
import { collectVariables, type Variable } from './variables.ts'

/** Number of layer groups, the head included; as many, or fewer where there are fewer cuts; or the layers that end one. */
export type GroupsOption =
  | { readonly count: number }
  | { readonly atMost: number }
  | { readonly after: readonly string[] }

/**
 * A clip model taken apart for fine-tuning: layer groups that can be run, differentiated and changed one by
 * one. The tfjs model stays the owner of the variables, so that saving it saves what was trained.
 */
export class Network {
  readonly graph: Graph
  readonly groups: readonly LayerGroup[]
  readonly variables: readonly Variable[]
  private readonly operations: readonly Operation[]
  /** By place: the nodes whose results cross it. */
  private readonly crossings: readonly (readonly number[])[]
  private readonly costs: readonly NodeFlops[]
  /** By node. */
  private readonly groupOf: readonly number[]
  private readonly byLayer: ReadonlyMap<Layer, readonly Variable[]>
  /** Where what a loss reads is: a closing activation that is a layer of its own is left out of training. */
  private readonly outputsEnd: number
  /** The operation after the fixed pixel scaling, which `input` applies itself. */
  readonly firstOperation: number
  private readonly clipInput: ClipInput

  constructor(
    readonly model: tf.LayersModel,
    groups: GroupsOption,
  ) {
    for (const layer of model.layers) layer.trainable = true
    this.graph = flattenModel(model)
    for (const node of this.graph.nodes)
      if (node.layer && node.layer.name !== SCALING_LAYER)
        node.layer.trainable = !isStandardisation(node.layer.name)
    this.operations = compile(this.graph)
    this.crossings = crossings(this.graph, this.operations)
    this.costs = nodeFlops(this.graph)
    this.groups = cutIntoGroups(this.graph, this.operations, this.costs, groups)
    this.groupOf = this.graph.nodes.map((_, node) => this.groupOfNode(node))
    this.variables = collectVariables(this.graph, this.operations, this.groups)
    this.byLayer = groupByLayer(this.variables)
    this.outputsEnd = this.operations.length - (this.endsInActivation() ? 1 : 0)
    const scaling = this.operations.findIndex(
      operation => operation.layers.convolution?.name === SCALING_LAYER,
    )
    this.firstOperation = scaling + 1
    const shape = (model.inputs[0].shape as (number | null)[]).slice(1).map(side => side ?? 1)
    this.clipInput = new ClipInput(shape, this.operations[scaling]?.layers.convolution)
  }

  /** Clips → the tensor that enters the first trained operation. */
  input(values: ClipValues, clips: number): tf.Tensor {
    return this.clipInput.tensor(values, clips)
  }

  /** Of what `input` gives of so many clips; open dimensions as 1. */
  inputShape(clips: number): readonly number[] {
    return this.clipInput.shapeOf(clips)
  }

  /** The operation at which a group begins; the first group begins after the fixed scaling. */
  start(group: number): number {
    return Math.max(this.firstOperation, this.groups[group].operations[0])
  }

  /** FLOPs of one clip through a training step, by node: zero in groups below the lowest trained one. */
  nodeStepFlops(trained: readonly boolean[]): readonly number[] {
    return stepFlops(this.graph, this.costs, this.groupOf, trained)
  }

  stepFlops(trained: readonly boolean[]): number {
    return this.nodeStepFlops(trained).reduce((sum, flops) => sum + flops, 0)
  }

  /** Numbers of one clip that cross into a group; infinite where the model leaves a dimension open. */
  crossingSize(group: number): number {
    const nodes = this.crossings[this.start(group)].map(node => this.graph.nodes[node])
    if (nodes.some(node => node.shapes[0].includes(null))) return Number.POSITIVE_INFINITY
    const frames = timeSteps(this.graph)
    return nodes.reduce((sum, node) => sum + size(node.shapes[0]) * (node.perFrame ? frames : 1), 0)
  }

  /** FLOPs of one clip's forward pass through groups [from, end). */
  forwardFlops(from = 0): number {
    return this.groups.slice(from).reduce((sum, group) => sum + group.flops, 0)
  }

  /** Runs groups [from, to) at inference; `input` crosses into `from`. The caller owns the result. */
  forward(input: tf.Tensor, clips: number, from = 0, to = this.groups.length): tf.Tensor {
    const end = to === this.groups.length ? this.outputsEnd : this.start(to)
    if (end <= this.start(from)) return tf.clone(input)
    const context = this.context(clips, { from, trained: new Set() })
    return tf.tidy(() => execute(context, this.start(from), end, { tensor: input, active: false }))
  }

  /** What enters these layers, from pixels, at inference. The caller owns the tensors. */
  entering(layers: readonly Layer[], input: tf.Tensor, clips: number): readonly tf.Tensor[] {
    const nodes = layers.map(wanted => this.graph.nodes.findIndex(({ layer }) => layer === wanted))
    const end = Math.max(
      ...nodes.map(node => this.operations.findIndex(operation => operation.nodes.includes(node))),
    )
    const read = nodes.map(node => this.graph.nodes[node].inputs[0].node)
    const context = this.context(clips, { from: 0, trained: new Set() })
    const entering = { tensor: input, active: false }
    return tf.tidy(() => [...results(context, this.firstOperation, end, entering, read)])
  }

  /** Activations at the end of every group for one input: for CKA and probing. The caller owns them. */
  activations(input: tf.Tensor, clips: number): tf.Tensor[] {
    const result: tf.Tensor[] = []
    let value = input
    for (let group = 0; group < this.groups.length; group++) {
      value = this.forward(value, clips, group, group + 1)
      result.push(value)
    }
    return result
  }

  /**
   * Loss and gradients of the named variables on one batch. Nothing is changed: new statistics of batch
   * normalisations come back as values.
   * @param losses what each clip loses, [B], by what comes out
   */
  gradients(
    input: tf.Tensor,
    clips: number,
    losses: (outputs: Outputs) => tf.Tensor1D,
    { dropout, weights, ...options }: GradientOptions,
  ): GradientResult {
    const loss = (outputs: Outputs) => {
      const own = losses(outputs)
      return tf.mean(weights === undefined ? own : tf.mul(own, tf.tensor1d([...weights]))) as tf.Scalar
    }
    const masks = dropout && masksFrom(dropout)
    return readGradients(this.differentiate(input, clips, loss, { ...options, masks }))
  }

  /** As `gradients`, on the engine: nothing is read. */
  differentiate(
    input: tf.Tensor,
    clips: number,
    loss: (outputs: Outputs) => tf.Scalar,
    options: DifferentiationOptions,
  ): GradientTensors {
    const statistics: BatchStatistic[] = []
    const trained = this.variables.filter(variable => options.trained.has(variable.name))
    const context = this.context(clips, options, statistics)
    const { value, grads } = withKernels(() =>
      tf.variableGrads(
        () => {
          const entering = { tensor: input, active: false }
          return loss(this.outputs(execute(context, this.start(options.from), this.outputsEnd, entering)))
        },
        trained.map(variable => variable.handle),
      ),
    )
    const gradients = new Map(trained.map(({ name, handle }) => [name, grads[handle.name]]))
    return { loss: value, gradients, statistics }
  }

  /** A forward pass's output as losses and predictions read it. */
  outputs(values: tf.Tensor): Outputs {
    return { values, activated: this.outputsEnd === this.operations.length && this.endsActivated() }
  }

  private context(
    batch: number,
    options: DifferentiationOptions,
    statistics?: BatchStatistic[],
  ): ExecutionContext {
    const { trained, masks, norms, momentum: slowest = 1, onEntering } = options
    const isActive = (layer: Layer) =>
      (this.byLayer.get(layer) ?? []).some(variable => trained.has(variable.name))
    return {
      graph: this.graph,
      operations: this.operations,
      crossings: this.crossings,
      native: nativeKernels(),
      batch,
      isActive,
      masks,
      parameter: (layer, name) => {
        const variable = this.byLayer.get(layer)?.find(candidate => candidate.role === name)
        return variable && { tensor: variable.handle, active: trained.has(variable.name) }
      },
      usesBatchStatistics: layer =>
        isActive(layer) && norms?.[this.byLayer.get(layer)?.[0].group ?? -1] === 'batch',
      onStatistics: (layer, mean, variance) => {
        const momentum = Math.min(slowest, (layer.getConfig() as { momentum: number }).momentum)
        for (const variable of this.byLayer.get(layer) ?? []) {
          if (variable.role === 'moving_mean')
            statistics?.push({ variable, batch: tf.keep(tf.clone(mean)), momentum })
          if (variable.role === 'moving_variance')
            statistics?.push({ variable, batch: tf.keep(tf.clone(variance)), momentum })
        }
      },
      onCrossing: (place, tensor) => {
        const group = this.groups.findIndex((_, index) => this.start(index) === place)
        if (group > 0) onEntering?.(group, tensor)
      },
    }
  }

  private groupOfNode(node: number): number {
    const operation = this.operations.findIndex(({ nodes }) => nodes.includes(node))
    return this.groups.findIndex(({ operations: [from, to] }) => operation >= from && operation < to)
  }

  private lastLayer(): Layer | undefined {
    const last = this.operations[this.operations.length - 1]
    return this.graph.nodes[last.nodes[last.nodes.length - 1]].layer
  }

  private endsInActivation(): boolean {
    const layer = this.lastLayer()
    const name = layer?.getClassName()
    return name === 'Softmax' || (name === 'Activation' && CLOSING.has(String(layer?.getConfig().activation)))
  }

  private endsActivated(): boolean {
    const layer = this.lastLayer()
    return layer?.getClassName() === 'Dense' && CLOSING.has(String(layer.getConfig().activation))
  }
}

/** Activations by which a head closes; a loss is better off with what enters them. */
const CLOSING: ReadonlySet<string> = new Set(['softmax', 'sigmoid', 'tanh'])

function groupByLayer(variables: readonly Variable[]): Map<Layer, Variable[]> {
  const result = new Map<Layer, Variable[]>()
  for (const variable of variables)
    result.set(variable.layer, [...(result.get(variable.layer) ?? []), variable])
  return result
}
