import type { Detection, TrueBox } from '../../../src/models/tasks/coco/match.ts'

/** Images with boxes and detections, as test/golden/coco_pycocotools.py draws them from the same generator. */
export interface CocoCase {
  readonly classes: number
  readonly images: readonly {
    readonly boxes: readonly TrueBox[]
    readonly detections: readonly Detection[]
  }[]
}

export type Below = (n: number) => number

/** The 32-bit linear congruential generator of Numerical Recipes; the upper bits are used. */
export function draws(seed: number): Below {
  let state = (Math.imul(seed, 2654435761) + 12345) >>> 0
  return n => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state >>> 8) % n
  }
}

export function cocoCase(seed: number): CocoCase {
  const below = draws(seed)
  const classes = 1 + below(4)
  const count = 1 + below(4)
  const most = [3, 8, 8, 150][below(4)]
  const reach = [120, 600, 1600][below(3)]
  const images = times(count, () => {
    const plain = times(below(6), () => drawBox(below, classes, reach))
    const boxes = plain.map(box => ({ ...box, crowd: below(8) === 0 }))
    const found = times(below(most + 1), () =>
      plain.length > 0 && below(3) > 0
        ? moved(below, plain[below(plain.length)], classes)
        : drawBox(below, classes, reach),
    )
    const detections = found.map(of => ({ ...of, score: below(64) / 64 }))
    return { boxes, detections }
  })
  return { classes, images }
}

export function drawBox(below: Below, classes: number, reach: number): TrueBox {
  const label = below(classes)
  const [x, y] = [below(reach) / 4, below(reach) / 4]
  return { label, x, y, width: (1 + below(reach)) / 4, height: (1 + below(reach)) / 4 }
}

function moved(below: Below, near: TrueBox, classes: number): TrueBox {
  const label = below(5) > 0 ? near.label : below(classes)
  const [x, y] = [shifted(below, near.x), shifted(below, near.y)]
  const width = Math.max(0.25, shifted(below, near.width))
  return { label, x, y, width, height: Math.max(0.25, shifted(below, near.height)) }
}

function shifted(below: Below, value: number): number {
  const by = [1, 9, 41][below(3)]
  return value + (below(by) - Math.floor(by / 2)) / 4
}

function times<T>(n: number, of: () => T): T[] {
  return Array.from({ length: n }, of)
}
