import { UsageError } from '../../errors.ts'

/** What is thrown when the directory that a person named cannot be read; errors of another kind are passed on as they are. */
export function unreadableRoot(path: string | Buffer, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return cause
  return new UsageError('unreadable-root', `The directory ${path.toString('utf8')} cannot be read (${code}).`, {
    hint: 'Check its permissions, or run this as a user who may read it.',
    cause,
  })
}
