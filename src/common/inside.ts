import { join } from 'node:path'

/** Whether a path lies below a folder, by their names alone (both absolute, or both relative): no link is followed. */
export function isInside(path: string, folder: string): boolean {
  return path.startsWith(join(folder, '/'))
}
