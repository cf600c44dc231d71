/** From a number to a place on the screen. */
export function scale([from, to], [start, end]) {
  const span = to - from || 1
  return value => start + ((value - from) / span) * (end - start)
}

/** Round numbers, about so many, from the least to the most. */
export function ticks(least, most, about) {
  const rough = (most - least || 1) / about
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(each => each * power).find(each => each >= rough)
  const first = Math.ceil(least / step - 1e-9)
  const last = Math.floor(most / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
}

/** The least and the most, with a little room; something to see where all are one. */
export function range(values, room = 0.04) {
  const finite = values.filter(Number.isFinite)
  if (finite.length === 0) return [0, 1]
  const [least, most] = [Math.min(...finite), Math.max(...finite)]
  const margin = most > least ? room * (most - least) : Math.abs(most) * 0.1 || 0.5
  return [least - margin, most + margin]
}

/** As short as it is exact enough to tell ticks apart: "1.2 M", "0.05", "3e-5". */
export function short(value) {
  const size = Math.abs(value)
  if (value === 0) return '0'
  if (size >= 1e6) return `${trimmed(value / 1e6)} M`
  if (size >= 1e4) return `${trimmed(value / 1e3)} k`
  if (size < 1e-3) return value.toExponential(1).replace('.0e', 'e').replace('-', '−')
  return trimmed(value)
}

function trimmed(value) {
  return String(Number(value.toPrecision(4))).replace('-', '−')
}
