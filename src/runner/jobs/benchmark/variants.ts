import { type Html, html, table } from '../../report/html.ts'
import type { BenchmarkConfig } from './config.ts'

/** What each variant was given; nothing where there are none. */
export function variantsSection(variants: BenchmarkConfig['variants'] = {}): readonly Html[] {
  const all = Object.entries(variants)
  if (all.length === 0) return []
  const content = table({
    caption: 'Settings that were given by name; all others are those that the agent comes with.',
    head: ['', 'agent', 'settings'],
    words: [1, 2],
    rows: all.map(([name, { agent = name, ...settings }]) => [name, agent, settingsWords(settings)]),
  })
  return [html`<section><h2>Variants</h2>${content}</section>`]
}

function settingsWords(settings: Readonly<Record<string, unknown>>): string {
  const all = Object.entries(settings).filter(([, value]) => value !== undefined)
  return all.length === 0 ? 'none' : all.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', ')
}
