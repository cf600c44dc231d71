import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CACHE, layergym, MODEL, ROOT, smallRun, workspace, writeManifest } from '../support/e2e.ts'

const folder = workspace()
const manifest = writeManifest(folder)
const CLIPS = join(ROOT, 'data', 'grid_command', 'clips')
const out = join(folder, 'run')

function place(name: string, content: string | Readonly<Record<string, string>>): string {
  const path = join(folder, name)
  if (typeof content === 'string') writeFileSync(path, content)
  else {
    mkdirSync(path, { recursive: true })
    for (const [file, text] of Object.entries(content)) writeFileSync(join(path, file), text)
  }
  return path
}

async function refused(argv: readonly string[], words: RegExp): Promise<void> {
  const { code, out: text, err } = await layergym(argv)
  expect(err).toMatch(words)
  expect(err).not.toContain('unexpected')
  expect(code).toBe(2)
  expect(text).toBe('')
  expect(existsSync(out)).toBe(false)
}

const fineTune = (more: Readonly<Record<string, string | number | true>>) =>
  smallRun(folder, { out, ...more })
const lines = readFileSync(manifest, 'utf8').split('\n')

describe('data', () => {
  test('a folder without videos', async () => {
    const data = place('empty', { 'notes.txt': 'none here' })
    await refused(fineTune({ data }), /no videos?|no .*clip|holds no/i)
    await refused(fineTune({ data }), new RegExp(data))
  })

  test('no folder at all', () =>
    refused(fineTune({ data: join(folder, 'clip.csv') }), /no dataset at .*clips\.csv/))

  test('one class only', async () => {
    const data = place('one.csv', lines.filter(line => !line.endsWith(',set')).join('\n'))
    await refused(fineTune({ data }), /one\.csv has one class only, 'bin'/)
  })

  test('a split that there is not', async () => {
    const rows = lines.map((line, i) => `${line},${i === 0 ? 'split' : i === 3 ? 'tset' : ''}`)
    await refused(fineTune({ data: place('split.csv', rows.join('\n')) }), /split\.csv line 4.*'tset'.*test/s)
  })

  test('a clip that is missing', async () => {
    const data = place('missing.csv', [...lines, 'nowhere/gone.mp4,bin'].join('\n'))
    await refused(fineTune({ data }), /line 26.*gone\.mp4/s)
  })

  test('a clip that is none, unless it may be left out', async () => {
    writeFileSync(join(folder, 'broken.mp4'), 'not a video')
    const data = place('broken.csv', [...lines, `${join(folder, 'broken.mp4')},bin`].join('\n'))
    await refused(fineTune({ data }), /broken\.mp4/)
    const kept = await layergym(
      smallRun(folder, {
        data,
        out: join(folder, 'kept'),
        'skip-broken': true,
        episodes: 1,
        baselines: 'none',
      }),
    )
    expect(kept.err).toMatch(/left out .*broken\.mp4/)
    expect(kept.code).toBe(0)
    const summary = JSON.parse(kept.out)
    expect(summary.data.skipped).toBe(1)
    const evaluated = await layergym([
      'evaluate',
      '--model',
      summary.model,
      '--data',
      data,
      '--cache',
      CACHE,
      '--json',
    ])
    expect(JSON.parse(evaluated.out).accuracy).toBeCloseTo(summary.test.accuracy, 10)
  })

  test('a batch larger than the train split', () =>
    refused(fineTune({ 'batch-size': 500 }), /batch of 500 is larger than the train split of 10 clips/))

  test('a group column that there is not', () => refused(fineTune({ 'group-column': 'speakr' }), /speakr/))
})

describe('the model', () => {
  test.each([
    ['a text file', 'model.txt', 'a model', /model\.txt is not a model/],
    ['some JSON', 'some.json', '{"a": 1}', /some\.json is not a tfjs layers model/],
    ['a list', 'list.json', '[1, 2]', /list\.json is not a tfjs layers model/],
    ['null', 'null.json', 'null', /null\.json is not a tfjs layers model/],
    [
      'a graph model',
      'graph.json',
      '{"format":"graph-model","modelTopology":{"node":[]},"weightsManifest":[]}',
      /graph model/,
    ],
    ['a topology of nothing', 'hollow.json', '{"modelTopology":{},"weightsManifest":[]}', /hollow\.json/],
  ])('%s', (_what, name, content, words) => refused(fineTune({ model: place(name, content) }), words))

  test('nothing there', () => refused(fineTune({ model: join(folder, 'nothing') }), /no model at .*nothing/))

  test('a folder without one', () => refused(fineTune({ model: CLIPS }), /holds no model\.json/))

  test('a weight shard that is missing or short', async () => {
    const model = join(folder, 'shardless')
    cpSync(MODEL, model, { recursive: true })
    const shard = join(model, 'group1-shard1of1.bin')
    writeFileSync(shard, readFileSync(shard).subarray(0, 1000))
    await refused(fineTune({ model }), /cut short/)
    rmSync(shard)
    await refused(fineTune({ model }), /group1-shard1of1\.bin, which is missing/)
  })

  test('more groups than can be cut', () =>
    refused(fineTune({ groups: 60 }), /can't be cut into 60 layer groups: between 2 and 3/))

  test('one that takes no pictures', () =>
    refused(
      fineTune({ model: join(ROOT, 'models', 'char_lstm') }),
      /\.mp4 is no sequence, and the model takes numbers through time: give a \.csv or \.npy file/,
    ))

  test('evaluate and predict want a fine-tuned one', async () => {
    await refused(['evaluate', '--model', MODEL, '--data', manifest], /give the model of a fine-tuning run/)
    await refused(['predict', join(CLIPS, 'bin'), '--model', MODEL], /give the model of a fine-tuning run/)
    await refused(['predict', join(folder, 'no.mp4'), '--model', MODEL], /no clip or folder at .*no\.mp4/)
  })
})

describe('names', () => {
  test.each([
    [{ agent: 'reinforc' }, /unknown agent 'reinforc': did you mean 'reinforce'/],
    [{ task: 'action-recogniton' }, /unknown task 'action-recogniton': did you mean 'action-recognition'/],
    [{ reward: 'log-los' }, /unknown reward 'log-los': did you mean 'log-loss'/],
    [{ scaling: '0..2' }, /unknown scaling '0\.\.2'/],
    [{ head: 'transformer' }, /unknown head 'transformer' .known: linear, mean/],
    [{ optimizer: 'adm' }, /unknown optimizer 'adm': did you mean 'adam'/],
    [{ engine: 'cuda' }, /'engine' can't be "cuda".*tfjs-node/],
    [{ baselines: 'linearprobe' }, /unknown schedule 'linearprobe': did you mean 'linearProbe'/],
    [{ view: 'sequential' }, /--control shared/],
    [{ plugin: './no-such-plugin.mjs' }, /no-such-plugin\.mjs/],
    [{ 'agent-config': '{"hiden":[8]}' }, /no setting 'hiden': did you mean 'hidden'/],
    [{ 'agent-config': '{"hidden":8}' }, /'hidden' can't be 8/],
    [{ 'agent-config': 'hidden=8' }, /--agent-config takes JSON/],
    [{ 'agent-config': '[8]' }, /'agent-config' can't be \[8\]/],
    [{ root: 'ppo', 'root-config': '{"hiden":[8]}' }, /no setting 'hiden': did you mean 'hidden'/],
  ])('%j', async (flags, words) => {
    const cache = join(folder, 'untouched')
    await refused(fineTune({ ...(flags as Record<string, string>), cache }), words)
    expect(existsSync(cache)).toBe(false) // nothing was decoded
  })

  test.each([
    [['--episods', '3'], /unknown option '--episods'.*--episodes/s],
    [['--episodes'], /argument missing/],
    [['more'], /too many arguments/],
  ])('flags %j', (flags, words) => refused([...fineTune({}), ...flags], words))

  test('a command misspelt', () => refused(['fine-tun'], /unknown command 'fine-tun'.*fine-tune/s))

  test.each([
    ['episods: 3', /unknown setting 'episods': did you mean 'episodes'/],
    ['episodes: many', /'episodes' can't be "many"/],
    ['episodes: null', /'episodes' can't be null/],
    ['frames: true', /'frames' can't be true/],
    ['episodes: [1', /not YAML/],
    ['just words', /one setting a line/],
  ])('YAML %j', async (yaml, words) => {
    const config = place('settings.yaml', yaml)
    const argv = smallRun(folder, { out, config })
    const without = argv.filter(
      (_, i) =>
        !['--episodes', '--frames'].includes(argv[i]) && !['--episodes', '--frames'].includes(argv[i - 1]),
    )
    await refused(without, words)
  })

  test('a config file that is not there', () =>
    refused(fineTune({ config: join(folder, 'no.yaml') }), /no config file at .*no\.yaml/))
})

describe('numbers out of range', () => {
  test.each([
    ['episodes', '-1'],
    ['episodes', '2.5'],
    ['episodes', ''],
    ['learning-rate', '5'],
    ['frames', '0'],
    ['frames', 'NaN'],
    ['groups', '1'],
    ['size', '4'],
    ['gamma', '1.5'],
    ['seed', '-3'],
    ['cost-weight', '-1'],
    ['cost-weight', 'Infinity'],
    ['budget-steps', '0'],
    ['round-steps', '0'],
    ['batch-size', 'a few'],
    ['workers', '0'],
    ['threads', '0'],
    ['baseline-seeds', '0'],
    ['checkpoint-every', '0'],
  ])('--%s %s', (flag, value) => refused(fineTune({ [flag]: value }), new RegExp(`'${flag}' can't be`)))
})

describe('run folders', () => {
  test('one that exists is refused before any work, and left alone', async () => {
    const kept = place('existing', { 'config.json': '{"seed":1,"overwrite":false}' })
    const { code, err } = await layergym(smallRun(folder, { out: kept }))
    expect(code).toBe(2)
    expect(err).toContain(`the run folder ${kept} exists already`)
    expect(err).toContain('--overwrite')
    expect(err).not.toContain('clips decoded')
    expect(readdirSync(kept)).toEqual(['config.json'])
  })

  test('other files are never overwritten', async () => {
    const kept = place('thesis', { 'thesis.tex': 'years' })
    const { code, err } = await layergym(smallRun(folder, { out: kept, overwrite: true }))
    expect(code).toBe(2)
    expect(err).toContain("other files than a run's")
    expect(readdirSync(kept)).toEqual(['thesis.tex'])
  })

  test('a file is no folder', async () => {
    const { code, err } = await layergym(smallRun(folder, { out: manifest }))
    expect(code).toBe(2)
    expect(err).toContain('is a file')
  })

  test('an empty one is fine, and --overwrite replaces a run', async () => {
    const dir = place('hollow', {})
    const argv = smallRun(folder, { out: dir, episodes: 1, baselines: 'none' })
    expect((await layergym(argv)).code).toBe(0)
    expect((await layergym(argv)).code).toBe(2)
    expect((await layergym([...argv, '--overwrite'])).code).toBe(0)
  })

  test('resuming what is no run', async () => {
    await refused(['resume', join(folder, 'nowhere')], /nowhere is not a run folder/)
    await refused(['resume', CLIPS], /is not a run folder/)
    await refused(['resume', place('garbled', { 'config.json': '{' })], /garbled.*can't be read/)
  })

  test('resuming on other clips', async () => {
    const own = join(folder, 'own')
    mkdirSync(own)
    const data = writeManifest(own)
    const clip = join(own, 'clip.mp4')
    copyFileSync(join(CLIPS, 'bin', readdirSync(join(CLIPS, 'bin')).sort()[20]), clip)
    writeFileSync(data, `${readFileSync(data, 'utf8')}\n${clip},bin`)
    const dir = join(folder, 'changed')
    const { code } = await layergym(smallRun(folder, { data, out: dir }), (text, abort) => {
      if (/^episode 1/.test(text)) abort()
    })
    expect(code).toBe(130)
    copyFileSync(join(CLIPS, 'set', readdirSync(join(CLIPS, 'set')).sort()[20]), clip)
    await refused(['resume', dir], /began, this has changed: the clips\. /)
  })
})

describe('policies', () => {
  test.each([
    ['nothing there', 'no-policy.json', undefined, /no policy at .*no-policy\.json/],
    ['text', 'text-policy.json', 'words', /text-policy\.json is not a policy/],
    ['other JSON', 'other-policy.json', '{"agent":3}', /other-policy\.json is not a policy/],
    ['null', 'null-policy.json', 'null', /null-policy\.json is not a policy/],
    [
      'that of another control',
      'random-policy.json',
      '{"settings":{"agent":"random","control":"independent"},"features":[],"groups":2,"rounds":3,"states":{}}',
      /control 'independent', this run has 'joint': leave out --control/,
    ],
  ])('%s', async (_what, name, content, words) => {
    const policy = content === undefined ? join(folder, name) : place(name, content)
    await refused(fineTune({ policy, control: 'joint' }), words)
  })
})
