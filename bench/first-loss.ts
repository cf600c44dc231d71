/**
 * A fresh head's first loss against the entropy of the class prior, on every network and data set of a folder (one
 * with models/, video/ and image/ as docs/results/first-loss.md says). One JSON line a pair, for docs/results/raw.
 *
 *   npx tsx bench/first-loss.ts FOLDER > docs/results/raw/first-loss.jsonl
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { messageOf } from '../src/common/error.ts'
import { parseConfig } from '../src/common/settings.ts'
import { mean } from '../src/common/statistics.ts'
import { compose } from '../src/runner/instances/compose.ts'
import { fineTuneSchema } from '../src/runner/instances/config.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('give the folder with models/, video/ and image/')
const hooks = {
  ...{ signal: new AbortController().signal, clock: () => performance.now(), cacheBytes: 0 },
  onEvent: () => undefined,
}

for (const data of datasets(folder)) {
  for (const model of models(folder)) {
    const pair = { model: basename(model), data: data.replace(`${folder}/`, '') }
    try {
      process.stdout.write(`${JSON.stringify({ ...pair, ...(await measure(model, data)) })}\n`)
    } catch (error) {
      process.stdout.write(`${JSON.stringify({ ...pair, refused: reasonOf(messageOf(error)) })}\n`)
    }
  }
}

/** Without what differs from machine to machine, and without the advice. */
function reasonOf(message: string): string {
  return message.replaceAll(/\S*\/(\S+)\/model\.json/g, '$1').split(/[:;]/)[0]
}

/** Of the train split, whose prior it is, and of the reward split, in nats. */
async function measure(model: string, data: string) {
  const config = parseConfig(fineTuneSchema, { model, data, size: 48, frames: 2, threads: 1, batchSize: 4 })
  const composition = await compose({ ...config, groups: undefined }, {}, hooks)
  try {
    const world = composition.variant({ probed: false })
    await world.reset(1)
    const labels = composition.splits.train.map(({ label }) => label)
    const shares = composition.dataset.classes.map(
      name => labels.filter(label => label === name).length / labels.length,
    )
    const entropy = -shares.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0)
    const { losses } = world.options.trainee.evaluate(composition.splits.train)
    const first = mean(losses)
    return {
      ...{ classes: shares.length, clips: labels.length },
      ...{ entropy, first, reward: world.evaluation.loss },
    }
  } finally {
    composition.dispose()
  }
}

function models(root: string): readonly string[] {
  const at = join(root, 'models')
  return readdirSync(at)
    .map(name => join(at, name))
    .filter(path => existsSync(join(path, 'model.json')))
}

/** CSV files with a path and a label a row, other than lists of boxes. */
function datasets(root: string): readonly string[] {
  return ['video', 'image'].flatMap(kind =>
    readdirSync(join(root, kind), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.csv') && !name.endsWith('boxes.csv'))
      .map(name => join(root, kind, name))
      .filter(path => /^path,label[,\n]/.test(readFileSync(path, 'utf8').slice(0, 200)))
      .sort(),
  )
}
