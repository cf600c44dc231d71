import { timingSafeEqual } from 'node:crypto'
import { inputError } from '../../common/error.ts'
import { Writer } from '../../envs/wire/bytes.ts'
import { ANSWER, type Arrived, jsonOf, KINDS, PROTOCOL } from '../../envs/wire/frames.ts'
import { MAGIC } from '../../envs/wire/greeting.ts'

interface Host {
  readonly version: string
  readonly token?: string
}

/**
 * The answer to a greeting: 'LGYM', the lowest and the highest version that the other end speaks, and JSON with its
 * token.
 * @throws input error where it is no greeting, speaks other versions, or has the wrong token
 */
export function answerHello({ kind, request, body }: Arrived, { version, token }: Host): Uint8Array {
  if (kind !== KINDS.hello || body.u32() !== MAGIC) {
    throw inputError(
      'wire.hello',
      'the first frame is no greeting: this is layergym serve (docs/protocol.md)',
    )
  }
  const [lowest, highest] = [body.u16(), body.u16()]
  if (PROTOCOL < lowest || PROTOCOL > highest) {
    throw inputError(
      'wire.version',
      `layergym ${version} speaks version ${PROTOCOL} of the protocol, the other end ${lowest} to ${highest}: ` +
        `bring ${PROTOCOL < lowest ? 'layergym' : 'the other end'} up to date`,
    )
  }
  const given = jsonOf(body).token
  if (token !== undefined && !(typeof given === 'string' && same(given, token))) {
    throw inputError(
      'serve.token',
      'the token is not that of this server: LAYERGYM_TOKEN says it to both ends',
    )
  }
  const writer = new Writer()
  writer.u32(MAGIC)
  writer.u16(PROTOCOL)
  writer.u16(PROTOCOL)
  writer.text(JSON.stringify({ layergym: version }))
  return writer.finish(KINDS.hello | ANSWER, PROTOCOL, request, 0)
}

/** In the same time, wherever they differ. */
function same(given: string, token: string): boolean {
  const [a, b] = [given, token].map(text => new TextEncoder().encode(text))
  return a.length === b.length && timingSafeEqual(a, b)
}
