// Exit codes: what a script may rely on. A class of error without a code does not compile.

import {
  AccessError,
  type CairnError,
  CancelledError,
  FormatError,
  IntegrityError,
  KeyError,
  LeaseError,
  NotFoundError,
  PartialError,
  StopError,
  StoreError,
  UsageError,
} from '../src/errors.ts'

/** Every exit code with what it means; `--help` prints those of its command. */
export const EXITS = {
  done: [0, 'done'],
  usage: [2, 'the command line or a setting is wrong, or names a place that cannot be used'],
  partial: [3, 'done, but some entries have problems, which are listed'],
  'no-repository': [10, 'there is no repository at this place'],
  lease: [11, 'a lease was lost or could not be taken'],
  key: [12, 'no key at hand opens this'],
  access: [13, 'the key is right, but its member may not do this'],
  stop: [14, 'a STOP condition: a person has to decide'],
  format: [20, 'stored bytes break the format'],
  integrity: [21, 'stored bytes are missing, or not what they must be'],
  'not-found': [22, 'a snapshot, path or object that was named does not exist'],
  store: [30, 'a disk failed, of the store, a target or CAIRN_HOME: full, read-only, or down'],
  bug: [70, 'a defect of the program'],
  cancelled: [130, 'cancelled'],
} as const satisfies Record<string, readonly [number, string]>

export type ExitName = keyof typeof EXITS

const CLASSES = [
  FormatError,
  IntegrityError,
  NotFoundError,
  LeaseError,
  KeyError,
  AccessError,
  StopError,
  StoreError,
  UsageError,
  PartialError,
  CancelledError,
]

/** Whether an error is one that Cairn throws on purpose. */
export function isCairnError(error: unknown): error is CairnError {
  return CLASSES.some((each) => error instanceof each)
}

/** The exit code of an error; whatever was not thrown on purpose is a defect. */
export function exitCodeOf(error: unknown): number {
  return EXITS[isCairnError(error) ? exitOf(error) : 'bug'][0]
}

function exitOf(error: CairnError): ExitName {
  switch (error.name) {
    case 'FormatError':
      return 'format'
    case 'IntegrityError':
      return 'integrity'
    case 'NotFoundError':
      return error.code === 'repository-not-found' ? 'no-repository' : 'not-found'
    case 'LeaseError':
      return 'lease'
    case 'KeyError':
      return 'key'
    case 'AccessError':
      return 'access'
    case 'StopError':
      return 'stop'
    case 'StoreError':
      return 'store'
    case 'UsageError':
      return 'usage'
    case 'PartialError':
      return 'partial'
    case 'CancelledError':
      return 'cancelled'
  }
}
