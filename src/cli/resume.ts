import type { Command } from 'commander'
import type { Io } from './command.ts'
import { watched } from './watched.ts'

/** `layergym resume`: an interrupted run of whatever kind goes on, to the same end as an uninterrupted one. */
export function resumeCommand(program: Command, io: Io): void {
  program
    .command('resume <dir>')
    .description('finish an interrupted run')
    .option('--json', 'print the result as JSON, alone, on stdout')
    .action(async (dir: string, options: { json?: boolean }) => {
      const { kindOfRun } = await import('../runner/jobs/kinds.ts')
      const { resume } = await import('../runner/runs/drive.ts')
      const kind = await kindOfRun(dir)
      await watched(io, options, dir, { kind, work: hooks => resume(kind, dir, hooks) })
    })
}
