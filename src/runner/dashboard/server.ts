import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { failure, inputError, messageOf } from '../../common/error.ts'
import type { Clock } from '../play/roles.ts'
import { cookieFor, entryOf, isLoopback } from './access.ts'
import { apiAnswer, viewAsked } from './api.ts'
import { Catalog } from './catalog.ts'
import { type Page, pageFiles } from './pages.ts'
import { stream } from './stream.ts'

export interface DashboardOptions {
  /** A run's folder, or one of runs. */
  readonly dir: string
  readonly host: string
  /** 0: whichever is free. */
  readonly port: number
  /** Whoever has it may look; everyone on this machine where there is none. */
  readonly token?: string
  readonly clock: Clock
}

export interface Dashboard {
  /** With its token. */
  readonly url: string
  close(): Promise<void>
}

/** Of pages of ours: only what this server sends runs and is shown. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
/** Of a run's report: it has its style and pictures in itself, and runs nothing. */
const REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; sandbox"

/** @throws input error where the port is taken, or the address isn't this machine's */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { dir, clock, token } = options
  const catalog = new Catalog(dir, clock)
  const pages = await pageFiles()
  const server = createServer((request, response) => {
    answer({ request, response, catalog, pages, clock, token }).catch(error => {
      if (response.headersSent) response.destroy()
      else send(response, 500, 'text/plain', `this failed: ${messageOf(error)}`)
    })
  })
  await listening(server, options)
  return {
    url: urlOf(server, options),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Asked {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly catalog: Catalog
  readonly pages: ReadonlyMap<string, Page>
  readonly clock: Clock
  readonly token?: string
}

async function answer(asked: Asked): Promise<void> {
  const { request, response, catalog, pages, clock, token } = asked
  const url = new URL(request.url ?? '/', 'http://dashboard')
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return send(response, 405, 'text/plain', 'this page is only looked at: GET and HEAD')
  const entry = entryOf(request, url, token)
  if (entry === 'foreign') return send(response, 403, 'text/plain', 'ask for it as localhost')
  if (entry === 'refused')
    return send(
      response,
      401,
      'text/plain',
      'this needs the address with the token that `layergym dashboard` printed',
    )
  if (entry === 'new' && token !== undefined) {
    url.searchParams.delete('token')
    response.setHeader('Set-Cookie', cookieFor(request, token))
    response.setHeader('Location', url.pathname + url.search)
    return send(response, 303, 'text/plain', 'to the page')
  }
  const page = pages.get(url.pathname)
  if (page !== undefined) return send(response, 200, page.type, page.content)
  if (url.pathname === '/api/stream') {
    guard(response, POLICY)
    return stream(
      { request, response },
      () => catalog.runs(),
      () => viewAsked(catalog, url, clock()),
    )
  }
  const { status, type, body } = await apiAnswer(catalog, url, clock())
  send(response, status, type, body, type.startsWith('text/html') ? REPORT_POLICY : POLICY)
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Buffer,
  policy = POLICY,
): void {
  guard(response, policy)
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) })
  response.end(body)
}

function guard(response: ServerResponse, policy: string): void {
  response.setHeader('Content-Security-Policy', policy)
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Referrer-Policy', 'no-referrer')
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
  response.setHeader('Cache-Control', 'no-store')
}

function listening(server: Server, { host, port }: DashboardOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error => reject(startError(error, host, port)))
    server.listen(port, host, resolve)
  })
}

function startError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE')
    return inputError(
      'dashboard.port',
      `port ${port} is taken: choose another --port, or --port 0 for a free one`,
    )
  if (error.code === 'EACCES')
    return inputError('dashboard.port', `port ${port} needs more rights: choose a --port from 1024 on`)
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return inputError(
      'dashboard.host',
      `'${host}' is no address of this machine: leave out --host, or give one`,
    )
  return failure('dashboard.start', `the dashboard can't start: ${error.message}`, { cause: error })
}

function urlOf(server: Server, { host, token }: DashboardOptions): string {
  const { port } = server.address() as AddressInfo
  const named = host === '0.0.0.0' || host === '::' ? hostname() : host.includes(':') ? `[${host}]` : host
  const shown = isLoopback(host) && host.startsWith('127.') ? 'localhost' : named
  return `http://${shown}:${port}/${token === undefined ? '' : `?token=${encodeURIComponent(token)}`}`
}
