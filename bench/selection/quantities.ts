import { meanOf } from '../../src/models/tasks/metrics.ts'

/** What a network said about the clips of a split. */
export interface Answers {
  /** log p of each class, [clips][C]. */
  readonly logs: readonly Float64Array[]
  /** Class indices, [clips]. */
  readonly labels: readonly number[]
}

/** Higher is better, for all of them. */
export type Quantity = (answers: Answers) => number

/** `balanced` says whether classes count alike. */
export function quantities(balanced: boolean): Readonly<Record<string, Quantity>> {
  const mean =
    (of: (answers: Answers, clip: number) => number, alike = balanced): Quantity =>
    answers =>
      meanOf(
        answers.labels.map((_, clip) => of(answers, clip)),
        answers.labels,
        alike,
      )
  const after =
    (change: (answers: Answers) => Answers, quantity: Quantity): Quantity =>
    answers =>
      quantity(change(answers))
  const plainLoss = mean(logLikelihood, false)
  const accuracy = mean(correct)
  const confidence = mean(trueProbability)
  const sum =
    (a: Quantity, b: Quantity, weight: number): Quantity =>
    answers =>
      a(answers) + weight * b(answers)
  return {
    loss: plainLoss,
    'loss, classes alike': mean(logLikelihood),
    'loss, temperature': after(answers => heated(answers, temperatureOf(answers)), plainLoss),
    'loss, temperature cross-fitted': after(crossFitted(heatedLike), plainLoss),
    'loss, temperature and class bias cross-fitted': after(crossFitted(biasedLike), plainLoss),
    'loss, labels smoothed by 0.1': mean(smoothed, false),
    'loss up to ln C': mean((a, i) => Math.max(logLikelihood(a, i), -Math.log(a.logs[i].length))),
    'loss up to 2 ln C': mean((a, i) => Math.max(logLikelihood(a, i), -2 * Math.log(a.logs[i].length))),
    'Brier score': mean(brier),
    'root of the true class’s probability': mean((a, i) => Math.sqrt(trueProbability(a, i))),
    'probability of the true class': confidence,
    'probability, temperature cross-fitted': after(crossFitted(heatedLike), confidence),
    'probability, temperature': after(answers => heated(answers, temperatureOf(answers)), confidence),
    'sigmoid of the margin': mean((a, i) => sigmoid(margin(a, i))),
    'sigmoid of the margin over its mean size': soft(2, mean),
    'sigmoid of twice the margin over its mean size': soft(4, mean),
    'rank of the true class': mean((a, i) => -rank(a, i)),
    'area under each class’s ROC': areaUnderCurves,
    accuracy,
    'accuracy, ties by probability': sum(accuracy, confidence, 1e-3),
    'accuracy, classes as they come': mean(correct, false),
    'balanced accuracy everywhere': mean(correct, true),
    'half accuracy, half probability': sum(accuracy, confidence, 1),
    'accuracy and a quarter of probability': sum(accuracy, confidence, 1 / 4),
    'half accuracy, half sigmoid of the margin over its mean size': sum(accuracy, soft(2, mean), 1),
    'half accuracy, half area under each class’s ROC': sum(accuracy, areaUnderCurves, 1),
    'half accuracy, half reciprocal rank': sum(
      accuracy,
      mean((a, i) => 1 / rank(a, i)),
      1,
    ),
    'accuracy, ties by loss': sum(accuracy, plainLoss, 1e-4),
    'accuracy and a third of loss up to ln C': sum(
      accuracy,
      mean((a, i) => Math.max(logLikelihood(a, i) / Math.log(a.logs[i].length), -1)),
      1 / 3,
    ),
    'accuracy, probability, temperature cross-fitted': sum(
      accuracy,
      after(crossFitted(heatedLike), confidence),
      1,
    ),
    'reciprocal rank of the true class': mean((a, i) => 1 / rank(a, i)),
  }
}

/** 1 where the likeliest class is the label. */
export function correct(answers: Answers, clip: number): number {
  return Number(rank(answers, clip) === 1)
}

export function trueProbability(answers: Answers, clip: number): number {
  return Math.exp(logLikelihood(answers, clip))
}

function logLikelihood({ logs, labels }: Answers, clip: number): number {
  return logs[clip][labels[clip]]
}

/** Of the label among the classes, from 1; ties go to the lower index, as argmax has it. */
function rank({ logs, labels }: Answers, clip: number): number {
  const own = logs[clip][labels[clip]]
  return 1 + logs[clip].filter((log, c) => log > own || (log === own && c < labels[clip])).length
}

function margin({ logs, labels }: Answers, clip: number): number {
  const others = logs[clip].filter((_, c) => c !== labels[clip])
  return logs[clip][labels[clip]] - Math.max(...others)
}

/** Accuracy with soft edges, the same at whatever temperature. */
function soft(
  steepness: number,
  mean: (of: (answers: Answers, clip: number) => number) => Quantity,
): Quantity {
  return answers => {
    const sizes = answers.labels.map((_, i) => Math.abs(margin(answers, i)))
    const scale = sizes.reduce((a, b) => a + b, 0) / sizes.length || 1
    return mean((a, i) => sigmoid((steepness * margin(a, i)) / scale))(answers)
  }
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

/** The mean over classes of how often a clip of the class gets more of it than one of another; knows no class bias. */
function areaUnderCurves({ logs, labels }: Answers): number {
  const areas = [...new Set(labels)].map(label => {
    const own = logs.filter((_, i) => labels[i] === label)
    const others = logs.filter((_, i) => labels[i] !== label)
    let wins = 0
    for (const a of own)
      for (const b of others) wins += a[label] > b[label] ? 1 : Number(a[label] === b[label]) / 2
    return wins / (own.length * others.length)
  })
  return areas.reduce((a, b) => a + b, 0) / areas.length
}

function smoothed({ logs, labels }: Answers, clip: number): number {
  const all = logs[clip].reduce((a, b) => a + b, 0) / logs[clip].length
  return 0.9 * logs[clip][labels[clip]] + 0.1 * all
}

function brier({ logs, labels }: Answers, clip: number): number {
  return -logs[clip].reduce((sum, log, c) => sum + (Math.exp(log) - Number(c === labels[clip])) ** 2, 0)
}

/** The temperature and the class bias that a half of the clips would choose are applied to the other half. */
function crossFitted(like: (fitted: Answers, applied: Answers) => Answers): (answers: Answers) => Answers {
  return answers => {
    const halves = [0, 1].map(half =>
      answers.labels.flatMap((_, i) => (halfOf(answers, i) === half ? [i] : [])),
    )
    const [first, second] = halves.map(clips => picked(answers, clips))
    const logs = new Array<Float64Array>(answers.labels.length)
    for (const [fitted, applied, clips] of [
      [second, first, halves[0]],
      [first, second, halves[1]],
    ] as const)
      for (const [k, log] of like(fitted, applied).logs.entries()) logs[clips[k]] = log
    return { labels: answers.labels, logs }
  }
}

/** Every other clip of each class. */
function halfOf({ labels }: Answers, clip: number): number {
  return labels.slice(0, clip).filter(label => label === labels[clip]).length % 2
}

export function picked({ logs, labels }: Answers, clips: readonly number[]): Answers {
  return { logs: clips.map(i => logs[i]), labels: clips.map(i => labels[i]) }
}

function heatedLike(fitted: Answers, applied: Answers): Answers {
  return heated(applied, temperatureOf(fitted))
}

const TEMPERATURES = Array.from({ length: 41 }, (_, i) => 2 ** ((i - 10) / 5)) // 1/4 to 64

/** With the lowest loss (Guo et al. 2017). */
function temperatureOf(answers: Answers): number {
  const loss = (temperature: number) => {
    let sum = 0
    for (const [i, log] of answers.logs.entries()) {
      const own = log[answers.labels[i]]
      let odds = 0
      for (let c = 0; c < log.length; c++) odds += Math.exp((log[c] - own) / temperature)
      sum += Math.log(odds)
    }
    return sum
  }
  const losses = TEMPERATURES.map(loss)
  return TEMPERATURES[losses.indexOf(Math.min(...losses))]
}

function heated(answers: Answers, temperature: number): Answers {
  return { ...answers, logs: answers.logs.map(log => normalised(log.map(x => x / temperature))) }
}

/** Temperature, then a bias a class that makes mean probabilities those of the labels, half a clip added to each. */
function biasedLike(fitted: Answers, applied: Answers): Answers {
  const temperature = temperatureOf(fitted)
  const { logs, labels } = heated(fitted, temperature)
  const classes = logs[0].length
  const bias = new Float64Array(classes)
  for (let round = 0; round < 20; round++) {
    const shares = new Float64Array(classes).fill(0.5)
    for (const log of logs) for (const [c, x] of withBias(log, bias).entries()) shares[c] += Math.exp(x)
    for (let c = 0; c < classes; c++)
      bias[c] += Math.log((labels.filter(label => label === c).length + 0.5) / shares[c])
  }
  const answers = heated(applied, temperature)
  return { ...answers, logs: answers.logs.map(log => withBias(log, bias)) }
}

function withBias(log: Float64Array, bias: Float64Array): Float64Array {
  return normalised(log.map((x, c) => x + bias[c]))
}

function normalised(logits: Float64Array): Float64Array {
  const most = Math.max(...logits)
  const total = most + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - most), 0))
  return logits.map(x => x - total)
}
