/** Whether layergym itself runs from its TypeScript sources, so through a loader that plugins can use too. */
export const fromSource = import.meta.url.endsWith('.ts')

let reads = fromSource

/** Lets `import` read TypeScript from now on. A build does so for a plugin that needs it: every later import is slower. */
export async function readTypeScript(): Promise<void> {
  if (reads) return
  const { register } = await import('tsx/esm/api')
  register()
  reads = true
}
