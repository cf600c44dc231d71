import { Html, html } from './html.ts'
import { STYLE } from './style.ts'

/** A whole HTML page that needs nothing else: no scripts, fonts or requests. The same parts give the same bytes. */
export function page(
  heading: string,
  /** Below the heading: whose page it is. */
  under: string,
  sections: readonly Html[],
  title = heading,
): string {
  const lines = new Html(sections.map(({ text }) => text).join('\n'))
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${new Html(STYLE)}</style></head>
<body><main>
<header><h1>${heading}</h1><p>${under}</p></header>
${lines}
</main></body></html>
`.text
}
