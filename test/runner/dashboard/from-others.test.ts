import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type Dashboard, startDashboard } from '../../../src/runner/dashboard/server.ts'
import type { View } from '../../../src/runner/dashboard/view.ts'
import { makeRun } from '../../support/told.ts'

const folder = mkdtempSync(join(tmpdir(), 'layergym-dashboard-'))
const open: Dashboard[] = []
afterAll(async () => {
  for (const dashboard of open) await dashboard.close()
  rmSync(folder, { recursive: true, force: true })
})

let count = 0
function emptyFolder(): string {
  const dir = join(folder, String(++count))
  mkdirSync(dir)
  return dir
}

/** Each look is a fresh one: the clock goes on by itself. */
let now = 0
const clock = () => {
  now += 1000
  return now
}

async function shown(dir: string): Promise<string> {
  const dashboard = await startDashboard({ dir, host: '127.0.0.1', port: 0, clock })
  open.push(dashboard)
  return dashboard.url
}

async function asked(url: string, path: string): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(new URL(path, url))
  return { status: response.status, body: await response.text() }
}

describe('a folder from others', () => {
  const SECRET = 'what nobody was to see'
  const put = {
    link: (path: string) => {
      writeFileSync(join(folder, 'secret'), SECRET)
      symlinkSync(join(folder, 'secret'), path)
    },
    pipe: (path: string) => execFileSync('mkfifo', [path]),
  }

  test.each(
    Object.keys(put).flatMap(kind =>
      ['config.json', 'events.jsonl', 'summary.json', 'report.html'].map(
        name => [kind as keyof typeof put, name] as const,
      ),
    ),
  )('a %s called %s: nothing is read through it, nor waited for', async (kind, name) => {
    const dir = emptyFolder()
    const run = makeRun(join(dir, 'run'), 'train')
    makeRun(join(dir, 'other'), 'train')
    rmSync(join(run, name), { force: true })
    put[kind](join(run, name))
    const url = await shown(dir)
    for (const path of ['/api/runs', '/api/view?run=run', '/api/log?run=run', '/report?run=run']) {
      const { status, body } = await asked(url, path)
      expect([200, 404], path).toContain(status)
      expect(body, path).not.toContain(SECRET)
    }
    expect((await asked(url, '/api/runs')).body).toContain('"id":"other"')
  })

  test.each([
    ['a kind that every object has', 'constructor', '{"facts":[1],"tables":1,"hash":"0"}'],
    ['results that are none', 'train', '{"hash":7,"failed":7,"evaluation":7}'],
  ])('%s', async (_, kind, summary) => {
    const dir = makeRun(emptyFolder(), kind)
    writeFileSync(join(dir, 'summary.json'), summary)
    writeFileSync(join(dir, 'lock-0c9e5c1e-5f52-4f0c-9f0e-4a1d8a0e7a11.json'), 'no lock')
    const view: View = JSON.parse((await asked(await shown(dir), '/api/view?run=')).body)
    expect(view.heads[0].state).toBe('done')
    expect(view.tables).toEqual([])
  })
})
