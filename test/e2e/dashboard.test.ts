import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { run } from '../../src/cli/main.ts'
import type { TrainSummary } from '../../src/runner/jobs/train/summary.ts'
import { Browser, CHROMIUM } from '../support/browser.ts'
import { layergym, start, workspace } from '../support/e2e.ts'

const folder = workspace()

/** The command as it is used: its address, and how it is ended. */
async function dashboardOf(words: readonly string[]) {
  const controller = new AbortController()
  let out = ''
  let err = ''
  const ended = run(['dashboard', ...words], {
    stdout: text => {
      out += text
    },
    stderr: text => {
      err += text
    },
    interactive: false,
    signal: controller.signal,
    now: Date.now,
  })
  while (!out.endsWith('\n') && err === '') await pause(10)
  return {
    out,
    async close() {
      controller.abort()
      return ended
    },
  }
}

describe('layergym dashboard', () => {
  test('prints its address, serves until it is interrupted, and makes a token for others', async () => {
    const own = await dashboardOf([folder, '--port', '0', '--json'])
    const { url } = JSON.parse(own.out)
    expect(url).toMatch(/^http:\/\/localhost:\d+\/$/)
    expect(await (await fetch(`${url}api/runs`)).json()).toEqual([])
    expect(await own.close()).toBe(130)
    await expect(fetch(url)).rejects.toThrow()
    const others = await dashboardOf([folder, '--port', '0', '--host', '0.0.0.0'])
    const [, port, token] = /:(\d+)\/\?token=([\w-]{24}) {2}\(Ctrl-C ends it\)\n$/.exec(others.out) ?? []
    const answers = await Promise.all(
      ['', `?token=${token}`].map(query =>
        fetch(`http://127.0.0.1:${port}/${query}`, { redirect: 'manual' }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual([401, 303])
    await others.close()
  })

  test('refuses what it cannot show, with what to do', async () => {
    for (const [words, message] of [
      [[join(folder, 'nothing')], "is no folder: give a run's folder"],
      [[folder, '--port', 'http'], '--port takes an integer from 0 to 65535, not http'],
      [[folder, '--token', ''], '--token is empty'],
    ] as const) {
      const { code, err } = await layergym(['dashboard', ...words])
      expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) })
    }
  })

  test.skipIf(CHROMIUM === undefined)(
    'in a browser, a run goes on, is killed and resumed, and ends with the numbers of its summary',
    { timeout: 120_000 },
    async () => {
      const dir = join(folder, 'pole')
      const dashboard = await dashboardOf([folder, '--port', '0', '--json'])
      const settings = ['--env', 'CartPole-v1', '--agent', 'ppo', '--steps', '150000', '--eval-episodes', '2']
      const first = start(['train', ...settings, '--threads', '1', '--out', dir])
      const page = await Browser.open(JSON.parse(dashboard.out).url)
      onTestFinished(() => page.close())
      const badge = "document.querySelector('.head .badge')?.textContent"
      await page.until(`${badge} === 'running'`, 60_000)
      await page.until(
        `document.querySelector('#charts svg[role=img]')?.getAttribute('aria-label').includes('while learning')`,
        60_000,
      )
      first.child.kill('SIGKILL')
      await first.finished
      await page.until(`${badge} === 'interrupted'`)
      const resumed = start(['resume', dir])
      await page.until(`${badge} === 'done'`, 60_000)
      expect((await resumed.finished).code).toBe(0)
      const { evaluation, steps } = JSON.parse(
        readFileSync(join(dir, 'summary.json'), 'utf8'),
      ) as TrainSummary
      const exact = (label: string) =>
        page.evaluate<string>(
          `[...document.querySelectorAll('dt')].find(dt => dt.textContent === '${label}').nextSibling.dataset.exact`,
        )
      expect(await exact('greedy return')).toBe(String(evaluation.meanReturn))
      expect(await exact('steps')).toBe(String(steps))
      await page.resize({ width: 700, height: 900 })
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      expect(await read(page)).toMatch(/^step [\d k.]+: while learning [\d.]+/)
      await page.until(
        `document.querySelector('#history section[aria-label=Log]').textContent.includes('done, hash')`,
      )
      expect(page.complaints).toEqual([])
      await dashboard.close()
    },
  )
})

/** What the first chart says at the key Home. */
function read(page: Browser): Promise<string> {
  return page.evaluate(`(() => {
    const frame = document.querySelector('#charts [tabindex="0"]')
    frame.focus()
    frame.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true }))
    return frame.parentElement.querySelector('.reading').textContent
  })()`)
}
