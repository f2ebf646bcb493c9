// Who runs this process, as the machine knows them: in a container or a job there may be a number and nothing else.

import os from 'node:os'

/** The name of the user, or `uid:NUMBER` where nothing on this machine names them. */
export function userName(): string {
  return unlessUnknown(() => os.userInfo().username) || `uid:${process.geteuid!()}`
}

/** The user's home directory; undefined when neither HOME nor an account names one. */
export function userHome(): string | undefined {
  return unlessUnknown(() => os.homedir()) || undefined
}

function unlessUnknown(ask: () => string): string | undefined {
  try {
    return ask()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error
    return undefined
  }
}
