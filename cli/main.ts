// The program `cairn`: a thin door over src/control and src/operations. Flow: argv → program → run → commands/<verb> → exit code.

import { reportError } from './output/error.ts'
import { runProgram } from './program.ts'

const argv = process.argv.slice(2)
try {
  await runProgram(argv)
} catch (error) {
  process.exitCode = reportError(error, { json: argv.includes('--json') })
}
