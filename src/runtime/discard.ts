/** Below this, a call costs more than the memory is worth. */
const SMALLEST_BYTES = 4096

/**
 * Gives the memory of a buffer back at once; its bytes are gone. The collector knows nothing of the pages behind large buffers and
 * comes by late: a thread that seals 4 MiB blocks held 60 MB of dead ones, and reuses the same few when it says that it is done.
 * The caller must have made the buffer, or been given it, and nobody else may hold a view of its memory.
 */
export function discard(bytes: Uint8Array): void {
  const { buffer } = bytes
  // What is a part of something no larger than node's pool may be a part of the pool, which others use.
  const isOwn = buffer.byteLength === bytes.byteLength || buffer.byteLength > Buffer.poolSize
  if (isOwn && bytes.byteLength >= SMALLEST_BYTES && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/** Joins parts into memory of its own, which can be transferred and discarded; `Buffer.concat` may use a part of node's pool. */
export function joinOwn(parts: readonly Uint8Array[]): Buffer {
  const joined = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
