import { inputError, messageOf } from '../common/error.ts'
import type { Env } from '../envs/env.ts'
import type { EnvOptions } from '../envs/registry.ts'
import type { Container } from '../runner/plugins/container.ts'

/** What commands on environments have in common: their flags' values. */

/** @throws input error when a flag's value isn't JSON */
export function parseJson(flag: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw inputError('cli.json', `--${flag} takes JSON, not ${text}: ${messageOf(error)}`, { cause: error })
  }
}

/**
 * Everything that ships, and that these plugins add; their environments are known to `makeEnv` afterwards.
 * @throws input error when a plugin is missing or wrong, or two register one id
 */
export async function withPlugins(names: readonly string[] = []): Promise<Container> {
  const [{ containerOf }, { registerOwnEnvs }] = await Promise.all([
    import('../runner/plugins/load-plugins.ts'),
    import('../runner/instances/own-envs.ts'),
  ])
  registerOwnEnvs()
  return containerOf(names)
}

/** The environment that `--env` and `--env-options` name. */
export async function envFrom(id: string, options?: string): Promise<Env<unknown, unknown>> {
  const { makeEnvAsync } = await import('../envs/registry.ts')
  return makeEnvAsync(id, envOptionsFrom(options))
}

/** @throws input error when the text is no JSON of an object */
export function envOptionsFrom(options?: string): EnvOptions {
  const own = options === undefined ? {} : parseJson('env-options', options)
  if (typeof own !== 'object' || own === null || Array.isArray(own)) {
    throw inputError(
      'cli.env-options',
      `--env-options takes an object, as {"maxEpisodeSteps":50}, not ${options}`,
    )
  }
  return own as EnvOptions
}
