import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PAGE = fileURLToPath(new URL('../../docs/guides/run-folder.md', import.meta.url))

/** What stands for something else in the page's names. */
const PARTS: Readonly<Record<string, string>> = {
  UNIT: '[^/]+',
  UUID: '[\\da-f-]{36}',
  'AGENT-SEED': '[^/]+-\\d+',
  NAME: '[^/]+',
  I: '\\d+',
  N: '\\d+',
}

/** The names that docs/guides/run-folder.md lists, as it writes them. */
export function listedNames(): readonly string[] {
  return [...readFileSync(PAGE, 'utf8').matchAll(/^\| `([^`]+)`(?:, `([^`]+)`)? \|/gm)].flatMap(
    ([, one, two]) => (two === undefined ? [one] : [one, two]),
  )
}

/** Which of a run's files (paths relative to its folder) the page doesn't list. */
export function unlisted(paths: readonly string[]): readonly string[] {
  const names = listedNames().filter(name => !/…/.test(name))
  const patterns = names.map(name => new RegExp(`^(${PARTS['AGENT-SEED']}/)?${patternOf(name)}$`))
  return paths.filter(path => !patterns.some(pattern => pattern.test(path)))
}

function patternOf(name: string): string {
  return name
    .split(/(UNIT|UUID|NAME|\bI\b|\bN\b)/)
    .map(part => PARTS[part] ?? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('')
}
