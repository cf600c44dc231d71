import { classColour, hexOf } from '../../../../common/palette.ts'
import type { Bars, Curves, Detail } from '../../../../models/tasks/shown.ts'
import { AXIS, chart, LEGEND, shortened } from '../../../report/chart.ts'
import { Html, html } from '../../../report/html.ts'
import { matrixTable } from '../../../report/matrix.ts'
import { stripsFigure } from '../../../report/strips.ts'
import { percent } from '../../../report/words.ts'
import type { FineTuneSummary } from '../summary.ts'

/** What the task shows of the model that ships on the test split, beyond figures. */
export function taskDetailsSection({ details }: Pick<FineTuneSummary, 'details'>): Html {
  const sections = details.map(
    (detail, i) => html`<section><h2>${detail.title}</h2>${drawn(detail, `detail-${i}`)}</section>
`,
  )
  return html`${sections}`
}

function drawn(detail: Detail, id: string): Html {
  switch (detail.kind) {
    case 'curves':
      return curvesChart(detail, id)
    case 'matrix':
      return matrixTable({ ...detail, caption: `Of ${detail.of}, on the test split` })
    case 'bars':
      return barsTable(detail)
    case 'strips':
      return stripsFigure(detail)
  }
}

/** Lines that share a colour, beyond 21, differ by name alone. */
function curvesChart({ title, text, x, y, curves }: Curves, id: string): Html {
  const axis = { ...AXIS, type: 'value', min: 0, max: 1 } as const
  return chart({
    id,
    title,
    description: text,
    height: 420,
    option: {
      legend: { ...LEGEND, type: 'plain' },
      grid: { left: 56, right: 24, top: 24 + 26 * Math.ceil(curves.length / 5), bottom: 48 },
      xAxis: { ...axis, name: x, nameLocation: 'middle', nameGap: 30 },
      yAxis: { ...axis, name: y },
      series: curves.map(({ name, points }, i) => ({
        type: 'line',
        name: shortened(name, 18),
        data: points.map(([at, value]) => [at, value]),
        showSymbol: false,
        color: hexOf(classColour(i)),
        lineStyle: { width: 2.5, type: DASHES[Math.floor(i / 7) % DASHES.length] },
      })),
    },
  })
}

const DASHES = ['solid', 'dashed', 'dotted'] as const

function barsTable({ text, of, bars }: Bars): Html {
  const rows = bars.map(({ name, share }) => {
    const style = new Html(`width: ${(100 * (share ?? 0)).toFixed(1)}%`)
    return html`<tr><th scope="row" class="word">${shortened(name, 40)}</th><td class="figure">${share === null ? 'none there' : percent(share)}</td><td class="bar"><div style="${style}"></div></td></tr>
`
  })
  return html`<p>${text}</p><div class="scroll whole"><table class="bars"><caption>${of}, on the test split</caption><tbody>${rows}</tbody></table></div>`
}
