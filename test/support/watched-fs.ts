// The system calls of a file system store, watched and failed one by one: what `node:fs/promises` gives, with a log and a fault. A test
// takes it by `vi.mock('node:fs/promises', …)`. Only what reaches the medium or asks it stands in the log.

import type { FileHandle } from 'node:fs/promises'

type Promises = typeof import('node:fs/promises')

/** A call, and the path that it is about; of a link also its second path. */
export interface Call {
  readonly name: string
  readonly path: string
  readonly to?: string
}

/** What becomes of a call: an error, or a write that takes only so many bytes. */
export type CallFault = { readonly error: Error } | { readonly shortBytes: number } | undefined

export class FileSystemWatch {
  calls: Call[] = []
  /** Asked before each call, with its number from 0. */
  faultAt: (call: Call, index: number) => CallFault = () => undefined

  reset(): void {
    this.calls = []
    this.faultAt = () => undefined
  }

  /** The module with every call watched. */
  around(real: Promises): Promises {
    const watched =
      <A extends readonly unknown[], R>(name: string, work: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        this.#begin({ name, path: String(args[0]), ...(name === 'link' && { to: String(args[1]) }) })
        return work(...args)
      }
    return {
      ...real,
      link: watched('link', real.link),
      unlink: watched('unlink', real.unlink),
      mkdir: watched('mkdir', real.mkdir) as Promises['mkdir'],
      lstat: watched('lstat', real.lstat) as Promises['lstat'],
      readdir: watched('readdir', real.readdir as never) as Promises['readdir'],
      open: watched('open', async (path: string, ...rest: [number, number]) => this.#handle(await real.open(path, ...rest), path)) as never,
    }
  }

  #begin(call: Call): number | undefined {
    const fault = this.faultAt(call, this.calls.length)
    this.calls.push(call)
    if (fault !== undefined && 'error' in fault) throw fault.error
    return fault?.shortBytes
  }

  #handle(handle: FileHandle, path: string): FileHandle {
    const watched = {
      chmod: handle.chmod.bind(handle),
      stat: async () => {
        this.#begin({ name: 'stat', path })
        return handle.stat()
      },
      read: async (...args: [Buffer, number, number, number]) => {
        this.#begin({ name: 'read', path })
        return handle.read(...args)
      },
      writev: async (pieces: readonly Uint8Array[]) => {
        const shortBytes = this.#begin({ name: 'write', path })
        return handle.writev(shortBytes === undefined ? pieces : [Buffer.concat(pieces).subarray(0, shortBytes)])
      },
      sync: async () => {
        this.#begin({ name: 'sync', path })
        return handle.sync()
      },
      close: async () => {
        // Closed in any case, or the test would leak what the store gave up.
        await handle.close()
        this.#begin({ name: 'close', path })
      },
    }
    return watched as unknown as FileHandle
  }
}
