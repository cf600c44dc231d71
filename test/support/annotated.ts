import { Rng } from '../../src/common/random.ts'
import type { Box } from '../../src/data/annotation.ts'
import type { Dataset, Item } from '../../src/data/dataset.ts'

/** What a task is made for and checked on: a dataset, and its clips as a network sees them at 64x64. */
export interface Annotated {
  readonly dataset: Dataset
  readonly items: readonly Item[]
}

const SIDE = 64

/** Clips of one frame with up to three boxes of two classes; some hold none. */
export function boxed(count: number, seed = 1): Annotated {
  const rng = Rng.of(seed, 'boxed')
  const items = Array.from({ length: count }, (_, i): Item => {
    const boxes = Array.from({ length: i % 4 }, (_, slot) => randomBox(rng, slot))
    const annotation = { size: [SIDE, SIDE] as const, boxes: [{ time: 0, boxes }] }
    return { ...clip(i), annotation, truth: [{ boxes }] }
  })
  return { dataset: { ...datasetOf(items), boxClasses: ['cat', 'dog'] }, items }
}

/** In a cell of its own, so that none hides another. */
function randomBox(rng: Rng, slot: number): Box {
  const [width, height] = [10 + rng.int(16), 10 + rng.int(16)]
  const x = (slot % 2) * 32 + rng.int(32 - width)
  const y = Math.floor(slot / 2) * 32 + rng.int(32 - height)
  return { label: rng.int(2) === 0 ? 'cat' : 'dog', x, y, width, height }
}

/** Clips of one frame whose mask is one class left of a line and another right of it. */
export function masked(count: number): Annotated {
  const items = Array.from({ length: count }, (_, i): Item => {
    const mask = Uint8Array.from({ length: SIDE * SIDE }, (_, at) =>
      at % SIDE < 16 + 8 * (i % 5) ? 0 : 1 + (i % 2),
    )
    const counts = [0, 1, 2].map(label => mask.filter(value => value === label).length)
    const annotation = { size: [SIDE, SIDE] as const, mask: { path: `/m/${i}.png`, legend: {}, counts } }
    return { ...clip(i), annotation, truth: [{ mask }] }
  })
  return { dataset: { ...datasetOf(items), maskClasses: ['sky', 'road', 'car'] }, items }
}

/** Windows of eight frames out of recordings in which a, b and c take turns. */
export function timed(recordings: number): Annotated {
  const items = Array.from({ length: recordings }, (_, r) =>
    [0, 8].map((start): Item => {
      const path = `/r/${r}.mp4`
      const order = r % 2 === 0 ? ['a', 'b', 'c', 'a'] : ['b', 'a', 'a', 'c']
      const segments = order.map((label, i) => ({ label, start: 4 * i, end: 4 * i + 4 }))
      const truth = Array.from({ length: 8 }, (_, t) => {
        const time = start + t + 0.5
        return { moment: segments.find(segment => time >= segment.start && time < segment.end)?.label }
      })
      const annotation = { size: [SIDE, SIDE] as const, segments }
      return { id: `${path}#${start}`, path, label: '', start, end: start + 8, annotation, truth }
    }),
  ).flat()
  return { dataset: { ...datasetOf(items), segmentClasses: ['a', 'b', 'c'] }, items }
}

function clip(i: number) {
  return { id: `${i}.png`, path: `/d/${i}.png`, label: '' }
}

function datasetOf(clips: readonly Item[]): Dataset {
  return { path: '/d', classes: [], clips, hasGroups: false, skipped: [] }
}
