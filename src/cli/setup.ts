import type { Command } from 'commander'
import type { Io } from './command.ts'

/** Listed here for `--help`; bin/layergym.mjs runs it itself, since it must work before anything is installed. */
export function setupCommand(program: Command, _io: Io): void {
  program
    .command('setup')
    .description('build the native engine, and in a clone install the dependencies')
    .option('--retry', 'try again what failed before')
    .option('--ffmpeg', 'fetch a current ffmpeg (GPL), where there is none on the PATH')
    .action(async (options: { retry?: boolean; ffmpeg?: boolean }) => {
      const script = new URL('../../scripts/setup.mjs', import.meta.url).href
      const { setUpOrExit } = (await import(script)) as { setUpOrExit(options: object): Promise<unknown> }
      await setUpOrExit(options)
    })
}
