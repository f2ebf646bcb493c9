import { libc } from './library.ts'
import { UnsupportedError } from './posix-error.ts'

// Of glibc's <malloc.h>.
const M_TRIM_THRESHOLD = -1
const M_TOP_PAD = -2
const M_MMAP_THRESHOLD = -3

/** Buffers up to here come from the heap that a thread keeps, not from pages of their own: the most that glibc takes. */
const HEAP_BUFFER_BYTES = 32 << 20
/** Free memory at the end of a heap that stays with the process. */
const KEPT_BYTES = 16 << 20
/** glibc gives back a heap of 64 MiB that holds nothing, unless the one before it has less room than this. */
const HEAP_ROOM_BYTES = 16 << 20

/**
 * Has the C library keep the memory of freed buffers for the next ones. Threads that open or seal blocks free some 4 MiB many times
 * a second, and glibc gives it back to the kernel each time, which has to map and clear every page anew: 700,000 page faults and a
 * third of a commit's system time (docs/decisions/0005). It may be called at any time; without glibc it does nothing.
 */
export function keepFreedMemory(): void {
  const mallopt = calls()?.mallopt
  mallopt?.(M_MMAP_THRESHOLD, HEAP_BUFFER_BYTES)
  mallopt?.(M_TRIM_THRESHOLD, KEPT_BYTES)
  mallopt?.(M_TOP_PAD, HEAP_ROOM_BYTES)
}

function calls(): ReturnType<typeof libc> | undefined {
  try {
    return libc()
  } catch (error) {
    if (error instanceof UnsupportedError) return undefined
    throw error
  }
}
