import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** What a page's tables and figures are drawn from: the lines of docs/results/raw/NAME.jsonl, packed or not. */
export type Raw = <T>(name: string) => readonly T[]

/** @param folder docs/results, with a slash at its end */
export function rawIn(folder: URL): Raw {
  return name => {
    const plain = new URL(`raw/${name}.jsonl`, folder)
    const text = existsSync(plain)
      ? readFileSync(plain, 'utf8')
      : gunzipSync(readFileSync(new URL(`raw/${name}.jsonl.gz`, folder))).toString('utf8')
    return text
      .split('\n')
      .filter(line => line.trim() !== '')
      .map(line => JSON.parse(line))
  }
}

/** What is drawn of one page of docs/results. */
export interface Page {
  /** Markdown, by the name in the page's markers. */
  readonly tables: Readonly<Record<string, (raw: Raw) => string>>
  /** SVG, by its path below docs/results. */
  readonly figures?: Readonly<Record<string, (raw: Raw) => string>>
}

const MARKED = /<!-- table: (.+?) -->[\s\S]*?<!-- \/table -->/g

/**
 * A page with every table between `<!-- table: NAME -->` and `<!-- /table -->` drawn anew; all else stays.
 * @throws Error for a marker whose table isn't drawn, and for a table without a marker
 */
export function redraw(text: string, { tables }: Page, raw: Raw): string {
  const left = new Set(Object.keys(tables))
  const drawn = text.replace(MARKED, (_, name: string) => {
    const draw = tables[name]
    if (draw === undefined)
      throw new Error(`no table '${name}': ${Object.keys(tables).join(', ')} are drawn for this page`)
    left.delete(name)
    return `<!-- table: ${name} -->\n\n${draw(raw).trim()}\n\n<!-- /table -->`
  })
  if (left.size > 0) throw new Error(`the page has no marker for ${[...left].join(', ')}`)
  return drawn
}
