import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'

/** Debian's; tests that need one are skipped where there is none. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  existsSync,
)

interface Answer {
  readonly id?: number
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

/** A page in a headless browser, spoken to by the DevTools protocol over a pipe. */
export class Browser {
  private count = 0
  private session: string | undefined
  private readonly waiting = new Map<number, (answer: Answer) => void>()
  /** What the page complained of: exceptions, errors in its console, what its policy forbade. */
  readonly complaints: string[] = []

  private constructor(
    private readonly child: ChildProcess,
    private readonly profile: string,
  ) {
    let rest = ''
    const answers = child.stdio[4] as Readable
    answers.on('data', data => {
      const parts = (rest + String(data)).split('\0')
      rest = parts.pop() ?? ''
      for (const part of parts) this.hear(JSON.parse(part) as Answer)
    })
  }

  static async open(url: string, size = { width: 1280, height: 900 }): Promise<Browser> {
    const profile = mkdtempSync(join(tmpdir(), 'layergym-browser-'))
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run']
    const child = spawn(
      CHROMIUM ?? '',
      [...flags, '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank'],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    )
    const browser = new Browser(child, profile)
    const { targetInfos } = (await browser.send('Target.getTargets')) as {
      readonly targetInfos: readonly { readonly targetId: string; readonly type: string }[]
    }
    const targetId = targetInfos.find(({ type }) => type === 'page')?.targetId
    const attached = await browser.send('Target.attachToTarget', { targetId, flatten: true })
    browser.session = (attached as { readonly sessionId: string }).sessionId
    for (const domain of ['Page', 'Runtime', 'Log']) await browser.send(`${domain}.enable`)
    await browser.resize(size)
    await browser.send('Page.navigate', { url })
    return browser
  }

  async resize({ width, height }: { readonly width: number; readonly height: number }): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', {
      ...{ width, height },
      ...{ deviceScaleFactor: 1, mobile: false },
    })
  }

  async send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.count
    const answer = new Promise<Answer>(resolve => this.waiting.set(id, resolve))
    const message = { id, method, params, ...(this.session !== undefined && { sessionId: this.session }) }
    ;(this.child.stdio[3] as Writable).write(`${JSON.stringify(message)}\0`)
    const { result, error } = await answer
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }

  /** What an expression comes to in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', {
      ...{ expression, awaitPromise: true, returnByValue: true },
    })) as { readonly result: { readonly value: T }; readonly exceptionDetails?: { readonly text: string } }
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${exceptionDetails.text}`)
    return result.value
  }

  /** Until an expression is true in the page. @throws Error where that takes longer than `limit` milliseconds */
  async until(expression: string, limit = 20_000): Promise<void> {
    const end = performance.now() + limit
    while (!(await this.evaluate<boolean>(`Boolean(${expression})`).catch(() => false))) {
      if (performance.now() > end) throw new Error(`never true in the page: ${expression}`)
      await pause(50)
    }
  }

  /** By its own command, as a killed one leaves processes behind that write on. */
  async close(): Promise<void> {
    const ended = new Promise(resolve => this.child.once('close', resolve))
    this.session = undefined
    void this.send('Browser.close')
    const killing = setTimeout(() => this.child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(killing)
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }

  private hear({ id, method, params, ...answer }: Answer): void {
    if (id !== undefined) {
      this.waiting.get(id)?.(answer)
      this.waiting.delete(id)
    } else if (method === 'Runtime.exceptionThrown' || method === 'Log.entryAdded') {
      this.complaints.push(JSON.stringify(params))
    }
  }
}
