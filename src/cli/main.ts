import { Command } from 'commander'
import { benchmarkCommand } from './benchmark.ts'
import { checkAgentCommand } from './check-agent.ts'
import { checkDataCommand } from './check-data.ts'
import { checkEnvCommand } from './check-env.ts'
import { exitCodeOf, type Io, interruptedCode, type RegisterCommand } from './command.ts'
import { dashboardCommand } from './dashboard.ts'
import { doctorCommand } from './doctor.ts'
import { evaluateCommand } from './evaluate.ts'
import { fineTuneCommand } from './fine-tune.ts'
import { learnPolicyCommand } from './learn-policy.ts'
import { listCommand } from './list.ts'
import { predictCommand } from './predict.ts'
import { reportCommand } from './report.ts'
import { resumeCommand } from './resume.ts'
import { serveCommand } from './serve.ts'
import { setupCommand } from './setup.ts'
import { studyCommand } from './study.ts'
import { tabulateCommand } from './tabulate.ts'
import { traceCommand } from './trace.ts'
import { trainCommand } from './train.ts'
import { workerCommand } from './worker.ts'

export const COMMANDS: readonly RegisterCommand[] = [
  fineTuneCommand,
  learnPolicyCommand,
  studyCommand,
  tabulateCommand,
  trainCommand,
  benchmarkCommand,
  reportCommand,
  evaluateCommand,
  predictCommand,
  resumeCommand,
  dashboardCommand,
  workerCommand,
  listCommand,
  traceCommand,
  serveCommand,
  checkDataCommand,
  checkEnvCommand,
  checkAgentCommand,
  doctorCommand,
  setupCommand,
]

/**
 * Runs one command line to its end.
 * @param argv the words after the program's name
 * @returns the exit code: 0 done, 1 the work failed, 2 wrong usage or input, 130 interrupted, 143 by SIGTERM, 138 by SIGUSR1
 */
export async function run(argv: readonly string[], io: Io, commands = COMMANDS): Promise<number> {
  const verbose = argv.includes('--verbose') || Boolean(process.env.DEBUG)
  try {
    await createProgram(io, commands).parseAsync(argv, { from: 'user' })
    return io.signal.aborted ? interruptedCode(io.signal) : 0
  } catch (error) {
    return exitCodeOf(error, io, verbose)
  }
}

function createProgram(io: Io, commands: readonly RegisterCommand[]): Command {
  const program = new Command('layergym')
    .description(
      'Reinforcement learning that fine-tunes pretrained video networks, layer group by layer group.',
    )
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
  for (const register of commands) register(program, io)
  for (const command of program.commands) {
    command.option('--verbose', 'show where an error came from')
  }
  return program
}

/** `run` on this process: its streams, its signals. Second Ctrl-C ends at once. */
export async function main(argv: readonly string[]): Promise<number> {
  const controller = new AbortController()
  let firstAt = 0
  const stop = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      // One Ctrl-C arrives twice under npm: from the terminal, and forwarded.
      if (performance.now() - firstAt > 300) process.exit(interruptedCode({ reason: name }))
      return
    }
    firstAt = performance.now()
    process.stderr.write('\nstopping after what is under way; Ctrl-C again ends at once\n')
    controller.abort(name)
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  // What Slurm is asked to send some time before a job's end.
  process.on('SIGUSR1', stop)
  // `layergym … | head` closes the pipe early: nobody is left to tell.
  process.stdout.on('error', error => {
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
    throw error
  })
  try {
    return await run(argv, {
      stdout: text => void process.stdout.write(text),
      stderr: text => void process.stderr.write(text),
      interactive: process.stderr.isTTY === true,
      signal: controller.signal,
      now: Date.now,
    })
  } finally {
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
    process.off('SIGUSR1', stop)
  }
}
