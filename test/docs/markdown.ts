import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One fenced block of a Markdown document. */
export interface Block {
  /** Path below the repository's root. */
  readonly document: string
  /** Of the opening fence, from 1. */
  readonly line: number
  readonly language: string
  /** `title=name.ts` of the fence: other blocks import it by that name. */
  readonly title?: string
  readonly code: string
}

/** README.md first, then everything under docs/, by path: the order in which the blocks run. */
export function documents(root: string): string[] {
  const below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .sort()
    .map(name => join('docs', name))
  return ['README.md', ...below]
}

export function blocksOf(root: string, document: string): Block[] {
  return parse(document, readFileSync(join(root, document), 'utf8'))
}

/** @throws Error at a fence that isn't closed */
export function parse(document: string, text: string): Block[] {
  const blocks: Block[] = []
  let open: { line: number; fence: string; info: string; lines: string[] } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const found = /^\s*(`{3,}|~{3,})\s*(.*?)\s*$/.exec(line)
    if (open === undefined) {
      if (found !== null) open = { line: index + 1, fence: found[1], info: found[2], lines: [] }
    } else if (found?.[1] === open.fence && found[2] === '') {
      blocks.push({
        document,
        line: open.line,
        language: open.info.split(/\s/)[0],
        title: /\btitle=(\S+)/.exec(open.info)?.[1],
        code: `${open.lines.join('\n')}\n`,
      })
      open = undefined
    } else {
      open.lines.push(line)
    }
  }
  if (open !== undefined) throw new Error(`${document}:${open.line}: this block is never closed`)
  return blocks
}

/** The command lines of a shell block: continued lines joined, comments and empty lines left out. */
export function commandsOf(code: string): string[] {
  return code
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .map(line => line.replace(/(^|\s)#.*$/, '').trim())
    .filter(line => line !== '')
}
