/** `npm run results`: draws every table and figure of docs/results anew, from docs/results/raw. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PAGES } from './pages.ts'
import { rawIn, redraw } from './redraw.ts'

const FOLDER = new URL('../../docs/results/', import.meta.url)

const raw = rawIn(FOLDER)

for (const [name, page] of Object.entries(PAGES)) {
  put(name, text => redraw(text, page, raw))
  for (const [figure, draw] of Object.entries(page.figures ?? {})) put(figure, () => draw(raw))
}

function put(name: string, draw: (text: string) => string): void {
  const file = new URL(name, FOLDER)
  const before = readFileSync(file, { encoding: 'utf8', flag: 'a+' })
  const after = draw(before)
  if (after !== before) writeFileSync(file, after)
  process.stdout.write(`${fileURLToPath(file)}: ${after === before ? 'as it was' : 'drawn anew'}\n`)
}
