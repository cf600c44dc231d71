import { describe, expect, test } from 'vitest'
import { pngDataUri } from '../../../../src/data/png-encoder.ts'
import type { Detail } from '../../../../src/models/tasks/shown.ts'
import type { Outcomes, Task } from '../../../../src/models/tasks/task.ts'
import { examplesOf } from '../../../../src/runner/jobs/fine-tune/examples.ts'
import { renderReport } from '../../../../src/runner/jobs/fine-tune/report/report.ts'
import { taskDetailsSection } from '../../../../src/runner/jobs/fine-tune/report/task-details.ts'
import { atReportSize } from '../../../../src/runner/report/picture.ts'
import { fixtureSummary } from '../../../fixtures/summary.ts'

const titled = { title: 'A title', text: 'How to read it.' }

function drawn(detail: Detail): string {
  return taskDetailsSection({ details: [detail] }).text
}

describe('details', () => {
  test('curves are lines by name', () => {
    const curves = ['cat', 'dog'].map(name => ({
      name,
      points: [
        [0, 1],
        [1, 0.5],
      ] as const,
    }))
    const text = drawn({ kind: 'curves', ...titled, x: 'recall', y: 'precision', curves })
    expect(text).toContain('<h2>A title</h2>')
    for (const word of ['cat', 'dog', 'recall', 'precision', 'How to read it.']) expect(text).toContain(word)
    expect(text).toContain('#e69f00')
  })

  test('a matrix has a recall a row, but none of what is none of the classes', () => {
    const counts = [
      [3, 1],
      [2, 0],
    ]
    const matrix = { kind: 'matrix', ...titled, of: 'objects', names: ['cat', 'background'], counts } as const
    expect(drawn({ ...matrix, withRest: true })).toContain('75.0 %')
    expect(drawn({ ...matrix, withRest: true })).not.toContain('0.0 %</td>\n')
    expect(drawn({ ...matrix, withRest: true }).match(/class="right"/g)).toHaveLength(1)
    expect(drawn(matrix).match(/class="right"/g)).toHaveLength(2)
  })

  test('bars are as long as their shares; of what is not there nothing is said', () => {
    const bars = [
      { name: '<road>', share: 0.25 },
      { name: 'sky', share: null },
    ]
    const text = drawn({ kind: 'bars', ...titled, of: 'IoU', bars })
    expect(text).toContain('width: 25.0%')
    expect(text).toContain('&lt;road&gt;')
    expect(text).toContain('none there')
  })

  test('strips lie where their times are', () => {
    const rows = [
      { name: 'true', spans: [[0, 4, 0]] },
      {
        name: 'said',
        spans: [
          [0, 1, 0],
          [1, 4, 1],
        ],
      },
    ] as const
    const text = drawn({
      kind: 'strips',
      ...titled,
      labels: ['walk', 'run'],
      strips: [{ name: 'r.mp4', rows }],
    })
    expect(text.match(/<rect x="(\S+)" y="(\S+)" width="(\S+)"/g)).toEqual([
      '<rect x="60.0" y="0" width="820.0"',
      '<rect x="60.0" y="22" width="205.0"',
      '<rect x="265.0" y="22" width="615.0"',
    ])
  })
})

describe('examples', () => {
  const task = {
    draw: () => undefined,
    score: ({ predictions }: Outcomes<unknown, unknown>) => ({
      primary: (predictions as number[]).reduce((a, b) => a + b, 0) / predictions.length,
    }),
    perItem: ({ predictions }: Outcomes<unknown, unknown>) => ({ points: predictions }),
  } as unknown as Task
  const clips = Array.from({ length: 20 }, (_, i) => ({ id: `c${i}`, path: '', label: '' }))
  const outcomes = {
    targets: clips,
    predictions: clips.map((_, i) => ((i * 7) % 20) / 20),
    losses: clips.map(() => 1),
  }

  test('are twelve, the worst first', () => {
    const examples = examplesOf(clips, task, outcomes)
    expect(examples.map(({ primary }) => primary)).toEqual(Array.from({ length: 12 }, (_, i) => i / 20))
    expect(examples[1].clip).toBe('c3')
    expect(examplesOf(clips, { ...task, draw: undefined }, outcomes)).toEqual([])
  })

  test('stand side by side, truth on the left; without pictures there is no section', () => {
    const uri = (value: number) => pngDataUri(Uint8Array.of(value), [1, 1, 1])
    const summary = { ...fixtureSummary(), examples: [{ clip: 'a.png', primary: 0.125 }] }
    const pictures = { truth: uri(1), prediction: uri(2) }
    const text = renderReport(summary, { examples: new Map([['a.png', pictures]]) })
    expect(text.match(/<img [^>]*src="([^"]*)"/g)).toEqual([
      `<img alt="what is true" src="${uri(1)}"`,
      `<img alt="what the model says" src="${uri(2)}"`,
    ])
    expect(text).toContain('12.5 % accuracy by itself')
    expect(renderReport(summary)).not.toContain('<h2>Examples')
  })

  test('what is large is shrunk by its means, what is small enlarged whole', () => {
    const large = Uint8Array.from({ length: 448 * 448 }, (_, i) => (i % 2) * 100)
    const half = atReportSize(large, [448, 448, 1])
    expect([half.height, half.width]).toEqual([224, 224])
    expect([...half.pixels.subarray(0, 6)]).toEqual([50, 50, 50, 50, 50, 50])
    const small = atReportSize(Uint8Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3])
    expect([small.height, small.width]).toEqual([64, 128])
    expect([...small.pixels.subarray(0, 3), ...small.pixels.subarray(-3)]).toEqual([1, 2, 3, 4, 5, 6])
  })
})
