/** Places of one map, row by row. */
export interface Level {
  /** Pixels of the input to a place. */
  readonly stride: number
  readonly rows: number
  readonly columns: number
  /** Of its first place among those of all maps. */
  readonly offset: number
}

/** The places of all maps of a head, the finest map first. */
export interface Grid {
  readonly levels: readonly Level[]
  readonly places: number
}

/** @param size [height, width] of the input, which each stride divides */
export function gridOf([height, width]: readonly [number, number], strides: readonly number[]): Grid {
  const levels: Level[] = []
  let offset = 0
  for (const stride of strides) {
    const [rows, columns] = [height / stride, width / stride]
    levels.push({ stride, rows, columns, offset })
    offset += rows * columns
  }
  return { levels, places: offset }
}

/** Sides, in places of a map, up to which it is the one for an object. */
const LARGEST = 8

/** The map that an object is found on: the finest on which it is smaller than eight places, by the root of its area. */
export function levelFor({ levels }: Grid, width: number, height: number): Level {
  const side = Math.sqrt(width * height)
  return levels.find(({ stride }) => side < LARGEST * stride) ?? levels[levels.length - 1]
}

/** Bound of a side's logarithm, in places: e⁶ of them are wider than any input. */
export const LARGEST_LOG = 6
