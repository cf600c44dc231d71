import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findCodecs } from '../../src/data/codecs.ts'
import { type ThirdParty, thirdParty } from './third-party.ts'
import { ROOT } from './workplace.ts'

const LIMIT = 240_000
const PLUGIN = ['--plugin', 'layergym-clip-speed']
let own: ThirdParty
let clips = ''
let run = ''

/** examples/task-plugin as its readers have it: a regression task, from clips that ffmpeg makes. */
describe('a task of a third party', () => {
  beforeAll(async () => {
    const { ffmpeg } = await findCodecs()
    own = thirdParty('task-plugin', 'layergym-clip-speed')
    clips = join(own.project, 'clips')
    run = join(own.project, 'speed')
    execFileSync('/bin/sh', [join(own.plugin, 'make-clips.sh'), clips, '40'], {
      env: { ...process.env, FFMPEG: ffmpeg.path },
    })
  }, LIMIT)

  afterAll(() => own?.remove())

  test('its own tests pass, the contract of Task among them', { timeout: LIMIT }, () => {
    own.test()
  })

  test('it is listed', () => {
    const { tasks } = JSON.parse(own.layergym('list', 'tasks', ...PLUGIN, '--json').out)
    const ids = tasks.map(({ id }: { id: string }) => id)
    expect(ids).toContain('object-detection')
    expect(ids.at(-1)).toBe('clip-speed')
  })

  test('fine-tune, evaluate, predict and the report speak of it', { timeout: LIMIT }, () => {
    const tuned = own.layergym(...fineTune('--out', run, '--json'))
    expect(tuned.err).not.toContain('error')
    const { test: score, task, baselines, mistakes, data } = JSON.parse(tuned.out)
    expect(task).toMatchObject({ id: 'clip-speed', metric: 'closeness' })
    expect(score.primary).toBeGreaterThan(0)
    expect(score.primary).toBeLessThanOrEqual(1)
    expect(score.meanAbsoluteError).toBe(score.parts.meanAbsoluteError)
    expect(score).not.toHaveProperty('confusion')
    expect(score).not.toHaveProperty('accuracy')
    expect(data).not.toHaveProperty('classes')
    expect(mistakes).toEqual([])
    for (const baseline of Object.values<{ parts: object }>(baselines))
      expect(baseline.parts).toHaveProperty('meanAbsoluteError')
    const report = readFileSync(join(run, 'report.html'), 'utf8')
    expect(report).toContain('mean absolute error, px/s')
    expect(report).not.toMatch(/Confusion|Mistakes|balanced accuracy|\d class(es)?\b/)

    const model = ['--model', join(run, 'model')]
    const evaluated = own.layergym('evaluate', ...PLUGIN, ...model, '--data', clips, '--json')
    expect(JSON.parse(evaluated.out).primary).toBeCloseTo(score.primary, 5)
    expect(own.layergym('evaluate', ...PLUGIN, ...model, '--data', clips).out).toMatch(
      /^\d+ clips .*: closeness \d+\.\d %, mean absolute error \d+\.\d+ px\/s, loss/,
    )
    const [predicted] = JSON.parse(
      own.layergym('predict', ...PLUGIN, ...model, join(clips, '0.mp4'), '--json').out,
    )
    expect(predicted).toMatchObject({ path: join(clips, '0.mp4'), speed: expect.any(Number) })
    expect(own.layergym('predict', ...PLUGIN, ...model, join(clips, '0.mp4')).out).toMatch(
      /0\.mp4: \d+\.\d px\/s$/m,
    )

    const alone = own.layergym('evaluate', ...model, '--data', clips)
    expect(alone.status).toBe(2)
    expect(alone.err).toMatch(/for the task 'clip-speed', which is none of action-recognition.*--plugin/)
  })

  test.each([
    ['a label that is no number', ['--data', 'broken.csv'], /broken\.csv|labelled 'fast': give its speed/],
    [
      'balance, which is of labels',
      ['--balance', 'weights'],
      /--balance weights makes labels count alike.*clip-speed/,
    ],
    ['a task that nothing defines', ['--task', 'clip-sped'], /clip-sped.*did you mean 'clip-speed'/],
  ])('%s: refused before anything runs', (_name, flags, message) => {
    const lines = readFileSync(join(clips, 'labels.csv'), 'utf8').replace(/^3\.mp4,.*$/m, '3.mp4,fast')
    writeFileSync(join(clips, 'broken.csv'), lines)
    const given = flags.map(flag => (flag === 'broken.csv' ? join(clips, flag) : flag))
    const { status, err } = own.layergym(...fineTune('--out', join(own.project, 'refused'), ...given))
    expect(err).toMatch(message)
    expect(status).toBe(2)
  })
})

function fineTune(...flags: readonly string[]): string[] {
  const model = join(ROOT, 'models', 'mnist_cnn')
  const task = ['--task', 'clip-speed', '--model', model, '--data', clips, '--frames', '4', '--size', '28']
  const small = ['--episodes', '2', '--budget-steps', '12', '--round-steps', '4', '--batch-size', '8']
  const rivals = ['--baselines', 'linearProbe,fullFineTune', '--baseline-seeds', '2', '--baseline-rates', '2']
  const rest = ['--groups', '2', '--threads', '1', '--workers', '1', '--cache', join(own.project, 'cache')]
  return ['fine-tune', ...PLUGIN, ...task, ...small, ...rivals, ...rest, ...flags]
}
