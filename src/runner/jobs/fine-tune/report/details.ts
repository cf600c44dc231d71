import { stringify } from 'yaml'
import { folded, type Html, html, table } from '../../../report/html.ts'
import {
  decimal,
  duration,
  flops,
  integer,
  learningRate,
  parameters,
  percent,
  plural,
  scheduleLabel,
} from '../../../report/words.ts'
import { flagsOf } from '../command-line.ts'
import type { FineTuneSummary } from '../summary.ts'

/** What each baseline's search for a learning rate tried, and which it took. */
export function searchesSection({ baselines }: FineTuneSummary): Html {
  const rows = Object.entries(baselines).flatMap(([name, { tried = [] }]) => {
    const most = Math.max(...tried.map(({ seeds }) => seeds))
    const best = Math.max(...tried.filter(({ seeds }) => seeds === most).map(({ score }) => score))
    return tried.map(({ learningRate: rate, headRate, seeds, score, rewardLoss }) => [
      scheduleLabel(name),
      learningRate(rate),
      learningRate(headRate),
      integer(seeds),
      percent(score),
      decimal(rewardLoss),
      seeds === most && score === best ? 'taken' : '',
    ])
  })
  if (rows.length === 0) return html``
  return html`<section><h2>Baselines’ own searches</h2>${table({
    caption: 'Each baseline’s settings were chosen on the reward split, never on the test split.',
    head: [
      'baseline',
      'learning rate',
      'of the head',
      'seeds',
      'score on the reward split',
      'loss there',
      '',
    ],
    words: [6],
    rows,
  })}</section>`
}

/** Where FLOPs and time went. */
export function costsSection({ search, spent, policy, baselines, episodes }: FineTuneSummary): Html {
  const named = Object.entries(baselines).map(([name, baseline]) => [
    baseline.solved
      ? `${scheduleLabel(name)}: solved once`
      : `${scheduleLabel(name)}: its search and ${plural(baseline.perSeed.length, 'run')}`,
    flops(baseline.total.flops),
    duration(baseline.total.seconds),
  ])
  return html`<section><h2>Costs</h2>${table({
    caption: 'FLOPs and time of everything',
    head: ['', 'FLOPs', 'time'],
    rows: [
      [
        `the agents’ search: ${plural(episodes.length, 'episode')}, evaluations`,
        flops(search.flops),
        duration(search.seconds),
      ],
      [
        `learned policy: the search and ${plural(policy.perSeed.length, 'greedy run')}`,
        flops(policy.total.flops),
        duration(policy.total.seconds),
      ],
      ...named,
      ['all that was trained', flops(spent.flops), duration(spent.seconds)],
    ],
  })}</section>`
}

export function groupsSection({ groups }: FineTuneSummary): Html {
  if (groups.length === 0) return html``
  const all = groups.reduce((sum, group) => sum + group.parameters, 0)
  return html`<section><h2>Layer groups</h2>${table({
    caption: 'From input to output; FLOPs of one clip, forwards',
    head: ['group', 'parameters', 'share', 'FLOPs'],
    rows: groups.map((group, index) => [
      `${index + 1}  ${group.name}`,
      parameters(group.parameters),
      percent(all === 0 ? 0 : group.parameters / all),
      flops(group.flops),
    ]),
  })}</section>`
}

export function dataSection({ data }: FineTuneSummary): Html {
  const { train, probe, reward, test } = data.splits
  const straddling = data.grouped
    ? 'Clips of one recording stay in one split.'
    : 'Nothing says which clips are of one recording, so recordings may straddle splits and the figures may flatter.'
  const known = data.classes === undefined ? '' : `: ${plural(data.classes.length, 'class', 'classes')}`
  return html`<section><h2>Data</h2>
<p><code>${data.path}</code>${known}. ${straddling} ${plural(data.skipped, 'file')} skipped.</p>${table({
    caption: 'Disjoint splits',
    head: ['split', 'clips', 'for'],
    words: [2],
    rows: [
      ['train', integer(train), 'learning the weights'],
      ['probe', integer(probe), 'the statistics that agents observe'],
      ['reward', integer(reward), 'scoring agents and choosing among candidates'],
      ['test', integer(test), 'read once, at the end'],
    ],
  })}${data.classes === undefined ? html`` : folded('Classes', html`<p>${data.classes.join(', ')}</p>`)}</section>`
}

export function reproduceSection(summary: FineTuneSummary): Html {
  const versions = Object.entries({ engine: summary.engine, steps: summary.executor, ...summary.versions })
  return html`<section><h2>Reproduce it</h2>
<p>Run hash <code>${summary.hash}</code>: the same command on the same data, versions and thread count gives the same hash.</p>
<pre><code>${commandOf(summary)}</code></pre>${table({
    caption: 'Versions',
    head: ['what', 'version'],
    words: [1],
    rows: versions.map(([name, version]) => [name, version]),
  })}${folded('Whole configuration', html`<pre><code>${stringify(summary.config)}</code></pre>`)}
<h2>Use the model</h2>
<p><code>${summary.model}</code> is an ordinary tfjs layers model, in plain layers: it loads without layergym.</p>
<pre><code>${loadingOf(summary)}</code></pre></section>`
}

function commandOf({ config, tuned }: FineTuneSummary): string {
  return ['npx layergym fine-tune', ...flagsOf({ ...config, ...tuned })].join(' \\\n  ')
}

function loadingOf({ model, data }: FineTuneSummary): string {
  return [
    `import * as tf from '@tensorflow/tfjs-node'`,
    '',
    `const model = await tf.loadLayersModel(${JSON.stringify(`file://${model.replace(/\/$/, '')}/model.json`)})`,
    `const [, ...shape] = model.inputs[0].shape`,
    `// One clip [frames, height, width, channels] of pixels from 0 to 255, or one sequence [rows, columns], sampled as in training.`,
    `const clips = tf.zeros([1, ...shape])`,
    ...(data.classes === undefined
      ? [`console.log(await model.predict(clips).data())`]
      : [
          `const probabilities = await model.predict(clips).data()`,
          `const classes = ${JSON.stringify(data.classes)}`,
          `console.log(classes.map((name, i) => [name, probabilities[i]]))`,
        ]),
  ].join('\n')
}
