import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** Milliseconds between two looks. */
const PACE = 1000
/** Looks after which an idle stream says that it is there still. */
const BEAT = 15

/**
 * Server-sent events, `runs` and `view`, each when it isn't what was sent last; until the viewer goes. A viewer who is
 * slow gets the newest, not all that he missed.
 */
export async function stream(
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  runs: () => Promise<unknown>,
  view: () => Promise<unknown>,
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  response.writeHead(200, { 'Content-Type': 'text/event-stream', Connection: 'keep-alive' })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  const sent = new Map<string, string>()
  const write = async (text: string) => {
    if (!response.write(text)) await once(response, 'drain', { signal: gone.signal }).catch(() => undefined)
  }
  const tell = async (name: string, value: unknown) => {
    const text = JSON.stringify(value ?? null)
    if (sent.get(name) === text) return
    sent.set(name, text)
    await write(`event: ${name}\ndata: ${text}\n\n`)
  }
  await write('retry: 1000\n\n')
  for (let looks = 1; !gone.signal.aborted; looks++) {
    // What fails now, as files are just being replaced, is looked at again.
    await runs()
      .then(value => tell('runs', value))
      .catch(() => undefined)
    await view()
      .then(value => tell('view', value))
      .catch(() => undefined)
    if (looks % BEAT === 0) await write(': still here\n\n')
    await pause(PACE, undefined, { signal: gone.signal }).catch(() => undefined)
  }
}
