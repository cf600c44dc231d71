import { builtinPlugins } from './builtin.ts'
import { buildContainer, type Container } from './container.ts'
import { loadPlugin, type Plugin } from './plugin.ts'

/**
 * A container of what ships, the plugins that are named, and those at hand.
 * @param specifiers packages or files, seen from the working directory
 */
export async function containerOf(
  specifiers: readonly string[],
  plugins: readonly Plugin[] = [],
): Promise<Container> {
  const loaded = [...plugins]
  for (const specifier of specifiers) loaded.push(await loadPlugin(specifier, { from: process.cwd() }))
  return buildContainer([...builtinPlugins, ...loaded])
}
