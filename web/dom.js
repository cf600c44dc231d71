const SVG = 'http://www.w3.org/2000/svg'

/** An element with attributes and children; what is text stays text. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children)
}

/** The same of a drawing. */
export function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children)
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : String(value))
  node.append(...children.flat())
  return node
}

/**
 * Shows items in a container, each by a part of the page that stays as long as its key is there: what has the focus
 * keeps it, and what hasn't changed isn't touched.
 * @param make answers the part's element, and how it shows an item
 */
export function keyed(container, make) {
  const parts = new Map()
  return items => {
    for (const key of [...parts.keys()])
      if (!items.some(item => item.key === key)) {
        parts.get(key).node.remove()
        parts.delete(key)
      }
    for (const [i, item] of items.entries()) {
      const part = parts.get(item.key) ?? { ...make(item), shown: undefined }
      parts.set(item.key, part)
      if (container.children[i] !== part.node)
        container.insertBefore(part.node, container.children[i] ?? null)
      const text = JSON.stringify(item)
      if (text === part.shown) continue
      part.shown = text
      part.show(item)
    }
  }
}

/**
 * Lets a drawing be read place by place: with the arrow keys, Home and End, or where the pointer is.
 * @param {{ count: () => number, at: (event: PointerEvent) => number, mark: (index: number | undefined) => string }} reader
 *   `mark` shows a place in the drawing and answers what stands there
 */
export function readable(node, output, { count, at, mark }) {
  let place
  const go = index => {
    place = index === undefined ? undefined : Math.max(0, Math.min(count() - 1, index))
    output.textContent = count() === 0 ? '' : mark(place)
  }
  node.addEventListener('keydown', event => {
    const from = place ?? (event.key === 'ArrowRight' ? -1 : count())
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: count() - 1, Escape: undefined }
    if (!(event.key in to)) return
    event.preventDefault()
    go(to[event.key])
  })
  node.addEventListener('pointermove', event => go(at(event)))
  node.addEventListener('pointerleave', () => go(undefined))
  return () => go(place)
}
