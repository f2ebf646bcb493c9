// Waiting that ends when somebody cancels: a file of many gigabytes, or a stream that brings nothing, must not hold up Ctrl-C.

/** Waits for some work, but no longer than until the signal; the work goes on unheard. @throws the signal's reason. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
