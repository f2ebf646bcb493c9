// The program `cairn`: a thin door over src/control and src/operations. Flow: argv → program → run → commands/<verb> → exit code.

import { beforeOperands } from './operands.ts'
import { reportError } from './output/error.ts'
import { assertWorkingDirectory } from './working-directory.ts'

// A umask that takes the owner's own rights would make a home and a repository that nobody can use.
process.umask(process.umask(0o077) & 0o077)
const argv = process.argv.slice(2)
const json = beforeOperands(argv).includes('--json')
// A failure that nobody waited for is a defect, and still no reason to end without a word and a code.
process.on('unhandledRejection', (reason) => process.exit(reportError(reason, { json })))
// Where nothing can be told any more, the exit code still can.
process.stderr.on('error', () => undefined)
try {
  assertWorkingDirectory()
  // Its libraries ask for the working directory while they load.
  const { runProgram } = await import('./program.ts')
  await runProgram(argv)
} catch (error) {
  process.exitCode = reportError(error, { json })
}
