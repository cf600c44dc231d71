import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesOf, outputsFor } from '../../../../src/runner/jobs/predict/outputs.ts'
import { timelineCsv, timelinePage } from '../../../../src/runner/jobs/predict/timeline.ts'
import { temporaryFolder } from '../../../data/fixtures.ts'

describe('where what is drawn goes', () => {
  const options = { dir: '/out', overwrite: false, timelines: true }

  test('a PNG of a picture, of a video an mp4 and its timeline', () => {
    expect(outputsFor(['/a/x.jpg', '/a/y.avi'], options).map(filesOf)).toEqual([
      ['/out/x.png'],
      ['/out/y.mp4', '/out/y.csv', '/out/y.html'],
    ])
  })

  test('files that differ by their ending alone keep it', () => {
    const outputs = outputsFor(['/a/x.jpg', '/a/x.bmp', '/a/y.jpg'], options)
    expect(outputs.map(({ drawn }) => drawn)).toEqual(['/out/x.jpg.png', '/out/x.bmp.png', '/out/y.png'])
  })

  test('two of one name are refused, and so is what is drawn from', () => {
    expect(() => outputsFor(['/a/x.jpg', '/b/x.jpg'], options)).toThrow(
      /\/a\/x\.jpg and \/b\/x\.jpg would both/,
    )
    expect(() => outputsFor(['/out/x.png'], { ...options, overwrite: true })).toThrow(
      /itself among the clips/,
    )
  })

  test('what is there is replaced only where that is asked for', () => {
    const dir = temporaryFolder()
    writeFileSync(join(dir, 'x.png'), '')
    expect(() => outputsFor(['/a/x.jpg'], { ...options, dir })).toThrow(
      /x\.png is there already.*--overwrite/,
    )
    expect(outputsFor(['/a/x.jpg'], { ...options, dir, overwrite: true })).toHaveLength(1)
  })
})

describe('a timeline', () => {
  const stretches = [
    { start: 0, end: 1.5, label: 'walk, slowly', probability: 0.75 },
    { start: 1.5, end: 4, label: 'run', probability: 1 },
  ]

  test('as CSV', () => {
    expect(timelineCsv(stretches)).toBe(
      'start,end,label,probability\n0.000,1.500,"walk, slowly",0.7500\n1.500,4.000,run,1.0000\n',
    )
  })

  test('as a page that needs nothing else', () => {
    const page = timelinePage('/a/<b>.mp4', stretches)
    expect(page).toContain('<title>walk, slowly, 0.0 to 1.5 s</title>')
    expect(page).toContain('&lt;b&gt;.mp4')
    expect(page).not.toMatch(/<script|<img|<link/)
  })
})
