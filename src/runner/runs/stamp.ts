/** 2026-11-25T02-30-00, sortable and fit for a folder's name. @param now milliseconds since 1970 */
export function stamp(now: number): string {
  return new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')
}
