import { type Findings, show } from '../../common/findings.ts'
import type { Mask, Space } from '../env.ts'
import { MultiDiscrete } from '../spaces.ts'

/** False when no action can be drawn with this mask. */
export function checkMask(space: Space<unknown>, mask: Mask, findings: Findings): boolean {
  if (!(mask instanceof Uint8Array) || mask.some(bit => bit > 1)) {
    findings.error(
      'mask.type',
      `actionMask() returns ${show(mask)}: return a Uint8Array of 1 (allowed) and 0`,
    )
    return false
  }
  if (mask.length !== space.flatSize) {
    findings.error(
      'mask.length',
      `actionMask() has ${mask.length} entries: ${JSON.stringify(space)} needs ${space.flatSize}`,
    )
    return false
  }
  const sizes = space instanceof MultiDiscrete ? space.sizes : [space.flatSize]
  let at = 0
  for (const size of sizes) {
    if (!mask.subarray(at, at + size).includes(1)) {
      findings.error(
        'mask.empty',
        'actionMask() allows no action: end the episode when nothing can be done, or allow a do-nothing action',
      )
      return false
    }
    at += size
  }
  return true
}
