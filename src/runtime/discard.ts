/**
 * Gives the memory of a buffer back at once; its bytes are gone. The collector knows nothing of the pages behind large buffers and
 * comes by late: a thread that seals 4 MiB blocks held 60 MB of dead ones, and reuses the same few when it says that it is done.
 * The caller must have made the buffer, or been given it, and nobody else may hold a view of its memory.
 */
export function discard(bytes: Uint8Array): void {
  const { buffer } = bytes
  // Small buffers are views of a pool that others use.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0)
}
