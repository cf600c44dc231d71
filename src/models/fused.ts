import type { Activation, ConvolutionSpec, NativeKernels } from './kernels.ts'
import { tf } from './tf.ts'

/** A value on the way through the network, and whether its gradient is asked for. */
export interface Value {
  readonly tensor: tf.Tensor
  readonly active: boolean
}

/** A layer's variable: `active` when it is trained in this step. */
export type Parameter = Value

/** Batch normalisation with its stored statistics: y = γ(x − mean)/√(variance + ε) + β. */
export interface FrozenNorm {
  readonly gamma?: Parameter
  readonly beta?: Parameter
  readonly mean: tf.Tensor
  readonly variance: tf.Tensor
  readonly epsilon: number
}

interface ConvolutionInputs {
  readonly x: Value
  readonly kernel: Parameter
  readonly bias?: Parameter
  readonly norm?: FrozenNorm
  readonly spec: ConvolutionSpec
  readonly activation: Activation
}

/**
 * Convolution, batch normalisation with frozen statistics, and ReLU in one differentiable piece. The scale
 * s = γ/√(variance + ε) is folded into the kernel (w′ = w·s, t = β + (b − mean)·s), so that the forward pass is
 * convolution + bias + activation, and the backward pass never touches the normalised map:
 *   dw = dw′·s,  dβ = dt,  db = dt·s,  dγ = (Σ dw′·w + dt·(b − mean))/√(variance + ε)
 * Gradients are computed for active inputs only.
 */
export function fusedConvolution(native: NativeKernels, inputs: ConvolutionInputs): tf.Tensor {
  const { x, kernel, bias, norm, spec, activation } = inputs
  const parameters = [kernel, bias, norm?.gamma, norm?.beta]
  const places = parameters.map(parameter => parameter?.active === true)
  const active = [x, ...parameters].filter((value): value is Value => value?.active === true)
  const run = (save: (tensors: tf.Tensor[]) => void) => {
    const rstd = norm && tf.rsqrt(tf.add(norm.variance, norm.epsilon))
    const scale = rstd && (norm.gamma ? tf.mul(rstd, norm.gamma.tensor) : rstd)
    const folded = scale ? tf.mul(kernel.tensor, onKernel(scale, kernel.tensor, spec)) : kernel.tensor
    const shift = foldedShift(bias?.tensor, norm, scale)
    let y = native.convolution(x.tensor, folded, spec)
    if (shift) y = native.biasAdd(y, shift)
    if (activation !== 'linear') y = native.activation(y, activation)
    const kept: Record<string, tf.Tensor> = { x: x.tensor, folded, y }
    if (scale && rstd) Object.assign(kept, { scale, rstd })
    const names = Object.keys(kept)
    save(Object.values(kept))
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const at = (name: string): tf.Tensor => saved[names.indexOf(name)]
      const da = activation === 'linear' ? dy : native.activationGradient(dy, at('y'), activation)
      const gradients: tf.Tensor[] = []
      if (x.active) gradients.push(native.convolutionInputGradient(x.tensor.shape, at('folded'), da, spec))
      const [wantKernel, wantBias, wantGamma, wantBeta] = places
      const dFolded =
        wantKernel || wantGamma
          ? native.convolutionKernelGradient(at('x'), kernel.tensor.shape, da, spec)
          : undefined
      const dShift = wantBias || wantGamma || wantBeta ? native.biasGradient(da) : undefined
      if (wantKernel && dFolded) {
        gradients.push(scale ? tf.mul(dFolded, onKernel(at('scale'), kernel.tensor, spec)) : dFolded)
      }
      if (wantBias && dShift) gradients.push(scale ? tf.mul(dShift, at('scale')) : dShift)
      if (wantGamma && norm && dFolded && dShift) {
        const ofKernel = perChannelSum(tf.mul(dFolded, kernel.tensor), spec)
        const offset = bias ? tf.sub(norm.mean, bias.tensor) : norm.mean
        gradients.push(tf.mul(tf.sub(ofKernel, tf.mul(dShift, offset)), at('rstd')))
      }
      if (wantBeta && dShift) gradients.push(dShift)
      return gradients
    }
    return { value: y, gradFunc }
  }
  if (active.length === 0) return run(() => undefined).value
  return differentiable(active, run)
}

/** ReLU and ReLU6 as one kernel each way. */
export function fusedActivation(native: NativeKernels, x: Value, activation: 'relu' | 'relu6'): tf.Tensor {
  if (!x.active) return native.activation(x.tensor, activation)
  return differentiable([x], save => {
    const y = native.activation(x.tensor, activation)
    save([y])
    return { value: y, gradFunc: (dy, [kept]) => [native.activationGradient(dy, kept, activation)] }
  })
}

/** Batch normalisation by the batch's own statistics; `onStatistics` receives mean and the 1/n variance. */
export function fusedBatchNorm(
  native: NativeKernels,
  inputs: {
    readonly x: Value
    readonly gamma: Parameter
    readonly beta: Parameter
    readonly epsilon: number
  },
  onStatistics: (mean: tf.Tensor, variance: tf.Tensor) => void,
): tf.Tensor {
  const { x, gamma, beta, epsilon } = inputs
  const n = x.tensor.size / gamma.tensor.size
  const run = (save: (tensors: tf.Tensor[]) => void) => {
    const [y, mean, variance, ...reserved] = native.batchNorm(x.tensor, gamma.tensor, beta.tensor, epsilon)
    onStatistics(mean, tf.mul(variance, (n - 1) / n))
    save([x.tensor, ...reserved])
    const gradFunc = (dy: tf.Tensor, [savedX, ...savedReserved]: tf.Tensor[]) => {
      const all = native.batchNormGradient(dy, savedX, gamma.tensor, savedReserved, epsilon)
      return all.filter((_, i) => [x, gamma, beta][i].active)
    }
    return { value: y, gradFunc }
  }
  const active = [x, gamma, beta].filter(value => value.active)
  return active.length === 0 ? run(() => undefined).value : differentiable(active, run)
}

type Run = (save: (tensors: tf.Tensor[]) => void) => {
  value: tf.Tensor
  gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[]
}

/** tf.customGrad over a list of inputs, one gradient each. */
export function differentiable(inputs: readonly Value[], run: Run): tf.Tensor {
  return tf.customGrad((...args: unknown[]) => {
    const save = args[args.length - 1] as (tensors: tf.Tensor[]) => void
    const { value, gradFunc } = run(save)
    return { value, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradFunc(dy, saved) }
  })(...inputs.map(input => input.tensor))
}

/** Depthwise kernels are [h, w, channels, multiplier]: the output channels are the last two axes together. */
function onKernel(perChannel: tf.Tensor, kernel: tf.Tensor, spec: ConvolutionSpec): tf.Tensor {
  return spec.depthwise
    ? tf.reshape(perChannel, [kernel.shape[2] as number, kernel.shape[3] as number])
    : perChannel
}

function perChannelSum(onKernelShape: tf.Tensor, spec: ConvolutionSpec): tf.Tensor {
  return spec.depthwise ? tf.reshape(tf.sum(onKernelShape, [0, 1]), [-1]) : tf.sum(onKernelShape, [0, 1, 2])
}

function foldedShift(
  bias: tf.Tensor | undefined,
  norm: FrozenNorm | undefined,
  scale: tf.Tensor | undefined,
): tf.Tensor | undefined {
  if (norm === undefined || scale === undefined) return bias
  const offset = tf.mul(bias ? tf.sub(norm.mean, bias) : norm.mean, scale)
  return norm.beta ? tf.sub(norm.beta.tensor, offset) : tf.neg(offset)
}
