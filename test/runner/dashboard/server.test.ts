import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Dashboard, startDashboard } from '../../../src/runner/dashboard/server.ts'
import type { RunListed, View } from '../../../src/runner/dashboard/view.ts'
import { begin } from '../../../src/runner/runs/drive.ts'
import { episode, makeRun, tell } from '../../support/told.ts'
import { toyHooks, toyJob } from '../../support/toy-job.ts'

const folder = mkdtempSync(join(tmpdir(), 'layergym-dashboard-'))
const open: Dashboard[] = []
afterAll(async () => {
  for (const dashboard of open) await dashboard.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Each look is a fresh one: the clock goes on by itself. */
let now = 0
const clock = () => {
  now += 1000
  return now
}

let count = 0
function emptyFolder(): string {
  const dir = join(folder, String(++count))
  mkdirSync(dir)
  return dir
}

async function shown(dir: string, more: { readonly token?: string } = {}): Promise<Dashboard> {
  const dashboard = await startDashboard({ dir, host: '127.0.0.1', port: 0, clock, ...more })
  open.push(dashboard)
  return dashboard
}

async function json<T>({ url }: Dashboard, path: string): Promise<T> {
  return (await fetch(new URL(path, url))).json() as Promise<T>
}

/** A request as no browser’s `fetch` would send it: path and headers as they are. */
function raw(url: string, path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') {
  const { port } = new URL(url)
  return new Promise<{ status?: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, headers, method }, response => {
        let body = ''
        response.on('data', data => {
          body += data
        })
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
      })
      asked.on('error', reject)
      asked.end()
    },
  )
}

/** Reads a stream of events; `next` answers the next one with a name that a condition holds for. */
async function listen({ url }: Dashboard, path: string) {
  const gone = new AbortController()
  const response = await fetch(new URL(path, url), { signal: gone.signal })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  const next = async <T>(name: string, holds: (value: T) => boolean): Promise<T> => {
    for (;;) {
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        const [first, data] = rest.slice(0, end).split('\n')
        rest = rest.slice(end + 2)
        if (first !== `event: ${name}`) continue
        const value = JSON.parse(data.replace('data: ', '')) as T
        if (holds(value)) return value
      }
      rest += (await reader?.read())?.value ?? ''
    }
  }
  return { next, close: () => gone.abort() }
}

describe('what is shown', () => {
  test('runs are found below the folder, newest names first, a benchmark’s right after it; links lead nowhere', async () => {
    const dir = emptyFolder()
    const other = makeRun(emptyFolder(), 'train')
    for (const [name, kind] of [
      ['2026-01-01', 'fine-tune'],
      ['2026-01-02', 'benchmark'],
      ['2026-01-02/ppo-2', 'train'],
      ['2026-01-02/ppo-10', 'train'],
      ['2026-01-02/checkpoints', 'benchmark'],
      ['set/deep', 'study'],
    ])
      makeRun(join(dir, name), kind)
    symlinkSync(other, join(dir, 'link'))
    mkdirSync(join(dir, 'none'))
    writeFileSync(join(dir, 'none', 'config.json'), '{"kind":"of another program"}')
    const runs = await json<readonly RunListed[]>(await shown(dir), 'api/runs')
    expect(runs.map(({ id }) => id)).toEqual([
      'set/deep',
      '2026-01-02',
      '2026-01-02/ppo-2',
      '2026-01-02/ppo-10',
      '2026-01-01',
    ])
    expect(runs.filter(({ parent }) => parent === '2026-01-02')).toHaveLength(2)
    expect(runs.every(({ state }) => state === 'interrupted')).toBe(true)
  })

  test('a single run’s folder; its curves, moves, episodes, rounds and log by pages', async () => {
    const dir = makeRun(emptyFolder(), 'learn-policy')
    const dashboard = await shown(dir)
    tell(dir, [
      { type: 'phase', phase: 'episodes', total: 60 },
      ...Array.from({ length: 40 }, (_, i) => episode(i)),
    ])
    const view = await json<View>(dashboard, 'api/view?run=')
    expect(view.heads[0].progress).toMatchObject({ share: 40 / 60 })
    expect(view.heads[0].words).toContain(`layergym resume ${dir}`)
    expect(view.charts.map(({ id }) => id)).toEqual(['return', 'score', 'loss'])
    expect(view.history).toEqual({ run: '', episodes: 40, notices: 0, lines: 41 })
    const page = await json<{ rows: { text: string }[][]; keys: number[] }>(
      dashboard,
      'api/episodes?run=&from=38&count=25',
    )
    expect(page.rows.map(([{ text }]) => text)).toEqual(['39', '40'])
    expect(page.rows[0][1].text).toBe('+3.800 ± 0.050')
    const rounds = await json<{ columns: string[] }>(dashboard, `api/rounds?run=&key=${page.keys[1]}`)
    expect(rounds.columns).toEqual(['step 4', 'step 8'])
    expect((await fetch(new URL('api/rounds?run=&key=7', dashboard.url))).status).toBe(404)
    const log = await json<{ rows: { text: string }[][] }>(dashboard, 'api/log?run=&from=0&count=2')
    expect(log.rows.map(row => row[2].text)).toEqual([
      'episodes: 60',
      expect.stringMatching(/^episode 1: return 0\.000 ± 0\.050, score 0\.500/),
    ])
  })

  test('a study that goes on shows what it has so far, and notices apart from the rest', async () => {
    const dir = makeRun(emptyFolder(), 'study')
    const figures = { score: 0.4, rewardLoss: 0.6, rewardPrimary: 0.5, flops: 1, seconds: 1 }
    tell(dir, [
      { type: 'phase', phase: 'outcomes', total: 3 },
      ...['full', 'probe'].map(id => ({ type: 'run' as const, key: `third, seed 1: ${id}`, ...figures })),
      { type: 'failed', key: 'third/1/lpFt', cause: 'lost' },
    ])
    const dashboard = await shown(dir)
    const view = await json<View>(dashboard, 'api/view?run=')
    expect(view.tables[0].rows.map(([{ text }]) => text)).toEqual([
      'third, seed 1: probe',
      'third, seed 1: full',
    ])
    const notices = await json<{ rows: { text: string }[][] }>(dashboard, 'api/notices?run=')
    expect(notices.rows.map(row => row[2].text)).toEqual(['third/1/lpFt failed: lost'])
  })

  test('runs side by side: one pair of axes, a table of their facts', async () => {
    const dir = emptyFolder()
    for (const name of ['a', 'b']) tell(makeRun(join(dir, name), 'learn-policy'), [episode(0), episode(1)])
    const view = await json<View>(await shown(dir), 'api/view?run=a&run=b')
    expect(view.heads.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(view.charts[0].series.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(view.tables[0].rows.map(([{ text }]) => text)).toEqual(['a', 'b'])
  })

  test('a summary that is cut short, or of another version, is no reason to show nothing', async () => {
    const dir = makeRun(emptyFolder(), 'fine-tune')
    const dashboard = await shown(dir)
    for (const [summary, state, facts] of [
      ['{"hash":"01', 'interrupted', []],
      ['{"hash":"0123","test":{}}', 'done', ['hash']],
      ['{"hash":"0123","failed":[{"unit":"a","cause":"lost"}]}', 'failed', ['hash']],
    ] as const) {
      writeFileSync(join(dir, 'summary.json'), summary)
      const [head] = (await json<View>(dashboard, 'api/view?run=')).heads
      expect({ state: head.state, facts: head.facts.map(({ label }) => label) }).toEqual({ state, facts })
    }
  })

  test('what a run says of itself stays text, and names may hold anything', async () => {
    const dir = emptyFolder()
    const name = '<img src=x onerror=alert(1)> & ü'
    tell(makeRun(join(dir, name), 'study'), [{ type: 'notice', message: '<script>alert(1)</script>' }])
    const dashboard = await shown(dir)
    const response = await fetch(new URL(`api/log?run=${encodeURIComponent(name)}`, dashboard.url))
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('content-security-policy')).toMatch(/script-src 'self';/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await response.text()).toContain('<script>alert(1)</script>')
  })
})

describe('the stream', () => {
  test('tells two viewers of a run that grows, is killed and cut off, and goes on', async () => {
    const dir = emptyFolder()
    const run = makeRun(join(dir, 'run'), 'learn-policy')
    tell(run, [{ type: 'phase', phase: 'episodes', total: 4 }, episode(0)])
    const dashboard = await shown(dir)
    const viewers = [
      await listen(dashboard, 'api/stream?run=run'),
      await listen(dashboard, 'api/stream?run=run'),
    ]
    const told = (lines: number) =>
      Promise.all(
        viewers.map(({ next }) => next<View | null>('view', view => view?.history?.lines === lines)),
      )
    for (const view of await told(2)) expect(view?.history?.episodes).toBe(1)
    tell(run, [episode(1), episode(2)], 3)
    appendFileSync(join(run, 'events.jsonl'), '{"seq":5,"ty')
    for (const view of await told(4)) expect(view?.heads[0].progress?.share).toBe(3 / 4)
    truncateSync(join(run, 'events.jsonl'), 0)
    tell(run, [{ type: 'phase', phase: 'episodes', total: 4 }, episode(0, { return: 42 })])
    for (const view of await told(2)) expect(view?.charts[0].series[0].points).toMatchObject([{ y: 42 }])
    for (const { close } of viewers) close()
  })

  test('tells of runs that begin and end while one looks', async () => {
    const dir = emptyFolder()
    const { next, close } = await listen(await shown(dir), 'api/stream')
    await next<readonly RunListed[]>('runs', runs => runs.length === 0)
    const out = join(dir, 'toy')
    const { hash } = (await begin(toyJob(), { out }, toyHooks())).summary ?? {}
    const [listed] = await next<readonly RunListed[]>('runs', runs => runs[0]?.state === 'done')
    expect(listed).toMatchObject({ id: 'toy', kind: 'toy' })
    const view = await json<View>(await shown(out), 'api/view?run=')
    expect(view.heads[0].facts).toContainEqual({ label: 'hash', value: { text: hash?.slice(0, 16) } })
    close()
  })
})

describe('who may look', () => {
  test('nothing but runs of the folder and the page’s own files is ever sent', async () => {
    const dir = emptyFolder()
    makeRun(join(dir, 'run'), 'train')
    writeFileSync(join(folder, 'secret.json'), 'secret')
    const { url } = await shown(dir)
    for (const path of [
      '/../secret.json',
      '/%2e%2e/secret.json',
      '/api/log?run=..',
      '/api/log?run=../../etc',
      '/report?run=run/../..',
      '/report?run=run',
      '/api/view?run=%00',
      '/package.json',
    ])
      expect(await raw(url, path), path).toMatchObject({
        status: 404,
        body: expect.not.stringContaining('secret'),
      })
    expect(await raw(url, '/', {}, 'POST')).toMatchObject({ status: 405 })
    expect(await raw(url, '/')).toMatchObject({ status: 200, body: expect.stringContaining('<main') })
  })

  test('without a token, only by a name of this machine: no other site’s', async () => {
    const { url } = await shown(emptyFolder())
    expect(new URL(url).hostname).toBe('localhost')
    expect(await raw(url, '/api/runs', { host: 'evil.example:80' })).toMatchObject({ status: 403 })
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:80'])
      expect(await raw(url, '/api/runs', { host })).toMatchObject({ status: 200 })
  })

  test('with a token, those who know it: by the address once, then by a cookie, or a header', async () => {
    const { url } = await shown(emptyFolder(), { token: 'open sesame' })
    expect(url).toMatch(/\/\?token=open%20sesame$/)
    for (const [path, headers] of [
      ['/', {}],
      ['/style.css', {}],
      ['/api/stream', {}],
      ['/api/runs?token=wrong', {}],
      ['/api/runs', { authorization: 'Bearer wrong' }],
      ['/api/runs', { cookie: 'layergym-1=open%20sesame' }],
    ] as const)
      expect(await raw(url, path, headers), path).toMatchObject({ status: 401 })
    const entered = await raw(url, '/?token=open%20sesame&run=a', { host: hostname() })
    expect(entered).toMatchObject({ status: 303, headers: { location: '/?run=a' } })
    const [cookie] = entered.headers['set-cookie'] as string[]
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict/)
    expect(await raw(url, '/api/runs', { cookie: cookie.split(';')[0] })).toMatchObject({ status: 200 })
    expect(await raw(url, '/api/runs', { authorization: 'Bearer open sesame' })).toMatchObject({
      status: 200,
    })
  })

  test('a port that is taken, and an address that isn’t here, are refused with what to do', async () => {
    const { url } = await shown(emptyFolder())
    const options = { dir: folder, host: '127.0.0.1', port: Number(new URL(url).port), clock }
    await expect(startDashboard(options)).rejects.toThrow('--port 0 for a free one')
    await expect(startDashboard({ ...options, host: '192.0.2.1' })).rejects.toThrow(
      'no address of this machine',
    )
  })
})
