import { describe, expect, test } from 'vitest'
import { pngDataUri } from '../../../../src/data/png-encoder.ts'
import { endingOf } from '../../../../src/runner/jobs/fine-tune/ending.ts'
import { renderReport } from '../../../../src/runner/jobs/fine-tune/report/report.ts'
import type { FineTuneSummary } from '../../../../src/runner/jobs/fine-tune/summary.ts'
import { html } from '../../../../src/runner/report/html.ts'
import { uncertain } from '../../../../src/runner/report/words.ts'
import { fixtureSummary } from '../../../fixtures/summary.ts'
import { fc, property } from '../../../support/property.ts'

const summary = fixtureSummary()
const page = renderReport(summary)

describe('report', () => {
  test('opens with what one has, then the verdict, and has every section', () => {
    const titles = [...page.matchAll(/<h2>([^<]+)<\/h2>/g)].map(match => match[1])
    expect(titles).toEqual([
      'Curves',
      'Differences: learned policy minus baseline',
      'What the policy does',
      'The numbers',
      'Mistakes',
      'Confusion',
      'Learning',
      'Decisions',
      'Baselines’ own searches',
      'Costs',
      'Layer groups',
      'Data',
      'Reproduce it',
      'Use the model',
    ])
    const { have, cost, next, command = 'no command' } = endingOf(summary)
    const parts = [have, cost, next, command, summary.verdict.headline].map(part => html`${part}`.text)
    const places = [...parts, '<h2>'].map(part => page.indexOf(part))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
    expect(page).toContain(summary.behaviour.words)
    expect(page).toContain(summary.notes[0])
    expect(page).toContain(summary.hash)
  })

  test('caveats stand beside figures, a baseline’s own best budget below them; what is solved has no seeds', () => {
    const rising = { kind: 'rising', text: 'not converged at all', remedy: '--budget-steps 99' } as const
    const parts = { accuracy: 0.712, balancedAccuracy: 0.7 }
    const ownBest = { primary: 0.7, parts, loss: 1, flops: 2e12, seconds: 9 }
    const { linearProbe, fullFineTune } = summary.baselines
    const baselines = {
      linearProbe: { ...linearProbe, solved: true },
      fullFineTune: { ...fullFineTune, caveats: [rising], ownBest },
    }
    const text = renderReport({ ...summary, baselines })
    const rows = tableRows(text, 'balanced accuracy', '“Everything”')
    expect(rows.map(row => row[0].trim())).toEqual([
      'learned policy',
      'linear probe',
      'full fine-tuning not converged at all',
      'full fine-tuning, twice the budget',
    ])
    expect(rows[1].at(-1)).toBe('solved, no seed')
    expect(rows[1][1]).toBe('60.5 %')
    expect(rows[3][1]).toBe('71.2 %')
    expect(text).toContain('(to find out: <code>--budget-steps 99</code>)')
  })

  test('balanced accuracy comes first where it is what counts', () => {
    const heads = (text: string) =>
      [...text.matchAll(/<th scope="col"[^>]*>([^<]+)<\/th>/g)].map(([, head]) => head)
    const balanced = heads(renderReport(fixtureSummary({ balanced: true })))
    expect(balanced).toContain('balanced accuracy, points')
    expect(balanced.indexOf('balanced accuracy')).toBeLessThan(balanced.indexOf('accuracy'))
    expect(heads(page).indexOf('accuracy')).toBeLessThan(heads(page).indexOf('balanced accuracy'))
  })

  test('over a baseline with a caveat, or the schedule that the policy is, the table claims nothing', () => {
    const clear = { adjusted: 0.001, accuracyDifference: 0.2, verdict: 'undecided' } as const
    const of = (name: string) => ({ ...summary.comparison[name], ...clear })
    const comparison = { linearProbe: { ...of('linearProbe'), same: true }, fullFineTune: of('fullFineTune') }
    const rising = { kind: 'rising', text: 'not converged' } as const
    const { linearProbe, fullFineTune } = summary.baselines
    const baselines = { linearProbe, fullFineTune: { ...fullFineTune, caveats: [rising] } }
    const rows = tableRows(renderReport({ ...summary, baselines, comparison }), 'adjusted p')
    expect(rows.map(row => row[1])).toEqual(['this schedule', 'ahead, but see the caveat'])
  })

  test('mistakes have their thumbnails, or do without', () => {
    const [{ clip }] = summary.mistakes
    const uri = pngDataUri(Uint8Array.of(1, 2, 3), [1, 1, 3])
    const text = renderReport(summary, { thumbnails: new Map([[clip, uri]]) })
    expect(text.match(/<img [^>]*>/g)).toEqual([`<img alt="" src="${uri}">`])
    expect(page).not.toContain('<img')
    for (const mistake of summary.mistakes) expect(page).toContain(mistake.clip)
    expect(renderReport({ ...summary, mistakes: [] })).not.toContain('<h2>Mistakes')
  })

  test('needs nothing from outside and runs nothing', () => {
    expect(found(page, /<script|<link|<iframe|<img|@import|url\((?!#)|\son\w+=|\ssrc=/g)).toEqual([])
    expect(found(page, /https?:\/\/(?!www\.w3\.org\/)/g)).toEqual([])
  })

  test('the same summary gives the same bytes, whatever was drawn before', () => {
    renderReport(fixtureSummary({ episodes: 3, baselines: ['linearProbe'] }))
    expect(renderReport(summary) === page).toBe(true)
    expect(renderReport(JSON.parse(JSON.stringify(summary)) as FineTuneSummary) === page).toBe(true)
  })

  test('every drawing is named and described, and ids are unique', () => {
    const drawings = [...page.matchAll(/<svg [^>]*>/g)].map(match => match[0])
    expect(drawings).toHaveLength(7)
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(match => match[1])
    expect(new Set(ids).size).toBe(ids.length)
    for (const drawing of drawings) {
      expect(drawing).toContain('role="img"')
      const names = /aria-labelledby="([^"]+)"/.exec(drawing)?.[1].split(' ') ?? []
      expect(names).toHaveLength(2)
      for (const name of names) expect(ids).toContain(name)
    }
  })

  test('the numbers of the summary stand in the table', () => {
    const rows = tableRows(page, 'balanced accuracy')
    expect(rows.map(row => row[0])).toEqual([
      'learned policy',
      'linear probe',
      'full fine-tuning',
      'training from scratch',
    ])
    expect(rows[0][1]).toContain('64.0 %')
    expect(rows[1][5]).toContain('13.0 TFLOP')
  })

  test('decisions are told in words too: frozen groups, rates and actions', () => {
    const chosen = summary.episodes.find(episode => episode.kind === 'greedy')
    const frozen =
      chosen?.rounds.flatMap(round => round.groups).filter(group => group.learningRate === 0) ?? []
    expect(frozen.length).toBeGreaterThan(0)
    const table = page.slice(page.indexOf('Action and learning rate'), page.indexOf('Highest return'))
    expect(table.split(': frozen').length - 1).toBe(frozen.length)
  })

  test('rewards and returns stand with their standard errors, and it says what these are', () => {
    const [episode] = summary.episodes
    expect(tableRows(page, 'jackknife of the whole return')[0][2]).toBe(uncertain(episode.return, 0.05))
    const rounds = tableRows(page, 'the reward’s standard error')
    expect(rounds[1].at(-1)).toMatch(/^[+−]?\d\.\d{3} ± 0\.012$/)
    const stopped = { ...summary.episodes[summary.episodes.length - 1], stop: { reward: 0.3, noise: 0.04 } }
    const text = renderReport({ ...summary, episodes: [...summary.episodes.slice(0, -1), stopped] })
    expect(text).toContain('The root ended the run, which paid +0.300 ± 0.040.')
    // A single clip has none; in summary.json it's null, and in runs before it was measured it's missing.
    for (const unknown of [Number.NaN, null, undefined]) expect(uncertain(0.1, unknown)).toBe('+0.100')
    expect(uncertain(Number.NaN, 0.1)).toBe('not finite')
  })

  test('the command repeats what decides the run, quoted for a shell', () => {
    const text = renderReport({
      ...summary,
      config: {
        data: "it's here",
        budgetSteps: 160,
        baselines: [],
        out: 'x',
        features: ['depth'],
        agentConfig: { a: 1, b: 2 },
      },
      tuned: { agentConfig: { a: 1 }, rootConfig: {} },
    })
    expect(text).toContain('--data &#39;it&#39;\\&#39;&#39;s here&#39;')
    expect(text).toContain('--budget-steps 160')
    expect(text).toContain('--baselines none')
    expect(found(text, /--out|--features/g)).toEqual([])
    expect(text).toContain('--agent-config &#39;{&quot;a&quot;:1}&#39;')
  })
})

describe('unusual runs', () => {
  const hostile = '<script>alert("x")</script> & \u0000 {a|b} %s'
  const small = fixtureSummary({ episodes: 2, rounds: 3 })
  const cases: Readonly<Record<string, FineTuneSummary>> = {
    'no episode, baseline, group or note': {
      ...fixtureSummary({ baselines: [], groups: [] }),
      episodes: [],
      notes: [],
      updates: {},
    },
    'no rounds': { ...small, episodes: small.episodes.map(episode => ({ ...episode, rounds: [] })) },
    'a failed and a diverged episode': {
      ...small,
      episodes: small.episodes.map((episode, index) =>
        index === 0
          ? { ...episode, failure: 'engine lost', return: Number.NaN, rewardLoss: Number.NaN }
          : { ...episode, diverged: true },
      ),
    },
    'a single round, seed and clip': fixtureSummary({ rounds: 1, seeds: 1, clips: 1, episodes: 1 }),
    'one baseline missing': fixtureSummary({ baselines: ['linearProbe', 'fromScratch'] }),
    '20 classes, 300 episodes, 12 groups': fixtureSummary({
      classes: Array.from({ length: 20 }, (_, index) => `a class with a rather long name, number ${index}`),
      groups: Array.from({ length: 12 }, (_, index) => `group ${index} with a name that goes on and on`),
      episodes: 300,
    }),
    'hostile names': {
      ...fixtureSummary({
        classes: [hostile, 'b'],
        groups: [hostile, 'c'],
        baselines: [hostile],
        episodes: 2,
      }),
      runDir: hostile,
      notes: [hostile],
      config: { model: hostile, [hostile]: hostile },
      versions: { [hostile]: hostile },
    },
    'everything frozen': {
      ...small,
      episodes: small.episodes.map(episode => ({
        ...episode,
        rounds: episode.rounds.map(round => ({
          ...round,
          groups: round.groups.map(group => ({ ...group, learningRate: 0 })),
        })),
      })),
    },
  }

  test.each(Object.entries(cases))('%s: well-formed, without NaN or markup of others', (_, unusual) => {
    const text = renderReport(unusual)
    expect(unbalanced(text)).toEqual([])
    expect(found(text, /\bNaN\b|\bundefined\b|\bInfinity\b|\[object|<script/g)).toEqual([])
    expect(text.includes('\0')).toBe(false)
    expect(text.includes(`class="verdict ${unusual.verdict.outcome}"`)).toBe(true)
  })

  test('an agent without updates and without a reason is told of', () => {
    expect(renderReport({ ...summary, notes: [] })).toContain('root got no update')
    expect(page.match(/root got no update/g)).toHaveLength(1)
  })

  property([fc.string({ unit: 'binary' })])('text never becomes markup', text => {
    expect(html`${text}`.text.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toMatch(/[<>"'&]/)
  })
})

/** Cells of the first table that holds these texts, as words. */
function tableRows(markup: string, ...texts: readonly string[]): string[][] {
  const tables = [...markup.matchAll(/<table>.*?<\/table>/gs)].map(match => match[0])
  const table = tables.find(each => texts.every(text => each.includes(text))) ?? ''
  const body = table.slice(table.indexOf('<tbody>'))
  return [...body.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) => cell.replace(/<[^>]+>/g, ' ')),
  )
}

/** Each match with what surrounds it: a whole page would drown a failure. */
function found(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(({ index }) => text.slice(Math.max(0, index - 60), index + 60))
}

/** Tags that are not closed in order. */
function unbalanced(markup: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  const body = markup.replace(/<style>.*?<\/style>/gs, '')
  for (const [, slash, name, rest] of body.matchAll(/<(\/?)([a-zA-Z][\w-]*)([^<>]*)>/g)) {
    if (name === 'meta' || rest.endsWith('/')) continue
    if (slash === '') open.push(name)
    else if (open.pop() !== name) wrong.push(name)
  }
  return [...wrong, ...open]
}
