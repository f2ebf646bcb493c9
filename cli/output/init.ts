// What `init` tells people, and what everything that makes a recovery code tells of it.

import { bold } from './human.ts'
import { printableLine } from './path-text.ts'

export interface MadeRepository {
  readonly repository: string
  readonly location: string
  readonly identityFile: string
  readonly recoveryCode: string
  /** The file that the code was put into, when one was named. */
  readonly recoveryCodeFile: string | undefined
}

/** What was made; to whoever asked for quiet only a code that stands nowhere else. */
export function initText(made: MadeRepository, quiet: boolean): string {
  const { repository, location, identityFile, recoveryCode, recoveryCodeFile } = made
  if (quiet) return recoveryCodeFile === undefined ? recoveryCodeText(recoveryCode) : ''
  return [
    `Made repository ${repository.slice(0, 16)} at ${printableLine(location)}`,
    `Your identity is ${printableLine(identityFile)}`,
    recoveryCodeFile === undefined
      ? recoveryCodeText(recoveryCode)
      : `The recovery code is in ${printableLine(recoveryCodeFile)}: print it, and take the file away from this machine.`,
  ].join('\n')
}

/** A recovery code that is shown once. */
export function recoveryCodeText(code: string): string {
  return `Recovery code (print it, keep it away from this machine; it is not shown again):\n\n  ${bold(code)}\n`
}
