import { inputError } from '../../common/error.ts'

/** One element of a list in a JSON object. */
export interface ListElement {
  readonly list: string
  readonly index: number
  readonly value: unknown
}

/** An element may be nested so deep and so long: nothing that describes a picture is more. */
const DEEPEST = 32
const LONGEST = 64 * 2 ** 20

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = new Set([0x7b, 0x5b])
const CLOSE = new Set([0x7d, 0x5d])
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d])

/**
 * The elements of the lists named, of an object like {"images": [...], "annotations": [...]}, one at a time: only one is
 * ever parsed, so that a large file takes little more memory than its bytes.
 * @throws input error that names the line where the file is no such JSON
 */
export function* listElements(
  file: string,
  bytes: Uint8Array,
  lists: readonly string[],
): Generator<ListElement> {
  const cursor = new Cursor(file, bytes)
  cursor.expect('{')
  if (cursor.take('}')) return cursor.end()
  do {
    const key = cursor.value()
    if (typeof key !== 'string') throw cursor.wrong('a name in quotes is missing')
    cursor.expect(':')
    if (!lists.includes(key)) {
      cursor.skip()
      continue
    }
    if (!cursor.take('[')) throw cursor.wrong(`${key} must be a list`)
    if (cursor.take(']')) continue
    let index = 0
    do yield { list: key, index: index++, value: cursor.value() }
    while (cursor.take(','))
    cursor.expect(']')
  } while (cursor.take(','))
  cursor.expect('}')
  cursor.end()
}

/** Goes through JSON without parsing more than one value of it. */
class Cursor {
  private at = 0
  private readonly decoder = new TextDecoder('utf-8', { fatal: true })

  constructor(
    private readonly file: string,
    private readonly bytes: Uint8Array,
  ) {
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.at = 3
  }

  take(character: string): boolean {
    this.space()
    if (this.bytes[this.at] !== character.charCodeAt(0)) return false
    this.at++
    return true
  }

  expect(character: string): void {
    if (!this.take(character)) throw this.wrong(`'${character}' is missing`)
  }

  end(): void {
    this.space()
    if (this.at < this.bytes.length) throw this.wrong('more follows where the object has ended')
  }

  /** Passes over a value, and parses it. */
  value(): unknown {
    this.space()
    const start = this.at
    this.skip()
    if (this.at - start > LONGEST) {
      this.at = start
      throw this.wrong(`one element has more than ${LONGEST} bytes`)
    }
    try {
      return JSON.parse(this.decoder.decode(this.bytes.subarray(start, this.at)))
    } catch (error) {
      this.at = start
      throw this.wrong((error as Error).message)
    }
  }

  /** Passes over a value: its brackets and strings are followed, nothing else is looked at. */
  skip(): void {
    this.space()
    const { bytes } = this
    const start = this.at
    let depth = 0
    while (this.at < bytes.length) {
      const byte = bytes[this.at]
      if (byte === QUOTE) this.string()
      else if (OPEN.has(byte)) {
        this.at++
        if (++depth > DEEPEST) throw this.wrong(`brackets are nested more than ${DEEPEST} deep`)
      } else if (CLOSE.has(byte)) {
        if (depth === 0) break
        this.at++
        depth--
      } else if (depth === 0 && (byte === 0x2c || SPACES.has(byte))) break
      else {
        this.at++
        continue
      }
      if (depth === 0) return
    }
    if (depth > 0 || this.at === start) throw this.wrong('the file ends in the middle, or a value is missing')
  }

  wrong(what: string) {
    let line = 1
    const last = Math.min(this.at, this.bytes.length)
    for (let i = this.bytes.indexOf(10); i >= 0 && i < last; i = this.bytes.indexOf(10, i + 1)) line++
    return inputError('data.json', `${this.file} line ${line} is not JSON as it should be: ${what}`)
  }

  private string(): void {
    const start = this.at++
    for (;;) {
      const close = this.bytes.indexOf(QUOTE, this.at)
      if (close < 0) {
        this.at = start
        throw this.wrong('a string is never closed')
      }
      let backslashes = 0
      while (this.bytes[close - 1 - backslashes] === BACKSLASH) backslashes++
      this.at = close + 1
      if (backslashes % 2 === 0) return
    }
  }

  private space(): void {
    while (SPACES.has(this.bytes[this.at])) this.at++
  }
}
