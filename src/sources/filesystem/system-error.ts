/** Whether the system refused something, as opposed to a fault of the program. */
export function isSystemError(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code)
}
