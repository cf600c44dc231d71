import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/

/** Whether only this machine reaches it. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

export type Entry =
  | 'allowed'
  /** Its address has the token: to be kept in a cookie, and taken out of the address. */
  | 'new'
  /** A name that another site's page may have been given for this machine. */
  | 'foreign'
  | 'refused'

/** Whether a request may see anything. */
export function entryOf(request: IncomingMessage, url: URL, token: string | undefined): Entry {
  if (token === undefined) return isLoopback(hostnameOf(request)) ? 'allowed' : 'foreign'
  const given = url.searchParams.get('token')
  if (given !== null) return same(given, token) ? 'new' : 'refused'
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const kept = [bearer, cookieOf(request)].filter(value => value !== undefined)
  return kept.some(value => same(value, token)) ? 'allowed' : 'refused'
}

/** A cookie for this port alone, as browsers share them between ports. */
export function cookieFor(request: IncomingMessage, token: string): string {
  return `${cookieName(request)}=${encodeURIComponent(token)}; HttpOnly; SameSite=Strict; Path=/`
}

function cookieOf(request: IncomingMessage): string | undefined {
  const start = `${cookieName(request)}=`
  const found = (request.headers.cookie ?? '').split(/;\s*/).find(cookie => cookie.startsWith(start))
  return found && decoded(found.slice(start.length))
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function cookieName({ socket }: IncomingMessage): string {
  return `layergym-${socket.localPort}`
}

function hostnameOf({ headers }: IncomingMessage): string {
  return (headers.host ?? '').replace(/:\d+$/, '')
}

/** Takes as long whatever the difference. */
function same(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
