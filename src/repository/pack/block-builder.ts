// A block in the making: files are read straight into its tail, cut there, and the chunks that are new stay; the others
// are overwritten by what comes next. So the only copy between the disk and the compressor is the kernel's. SPEC §6.1.

import type { DirectoryChunk } from '../../../format/pack.ts'

/** Memory for one block: chunks that are kept in front, bytes that were read but not yet cut behind them. */
export class BlockBuilder {
  #memory: Buffer | undefined
  readonly #capacityBytes: number
  readonly #targetBytes: number
  #keptBytes = 0
  #pendingBytes = 0
  #chunks: DirectoryChunk[] = []

  /** A block is full at `targetBytes`; `roomBytes` is how much may lie behind the kept chunks, uncut. */
  constructor(targetBytes: number, roomBytes: number) {
    this.#capacityBytes = targetBytes + roomBytes
    this.#targetBytes = targetBytes
  }

  /** Allocated on first use: a commit in which nothing changed needs none. */
  get #buffer(): Buffer {
    return (this.#memory ??= Buffer.allocUnsafeSlow(this.#capacityBytes))
  }

  get isFull(): boolean {
    return this.#keptBytes >= this.#targetBytes
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  /** The bytes that were read and not yet cut. Valid until the next call that changes this builder. */
  pending(): Buffer {
    return this.#buffer.subarray(this.#keptBytes, this.#keptBytes + this.#pendingBytes)
  }

  /** Free room behind the pending bytes, to read into; say with `filled` how much came. */
  room(): Buffer {
    return this.#buffer.subarray(this.#keptBytes + this.#pendingBytes)
  }

  filled(bytes: number): void {
    this.#pendingBytes += bytes
  }

  /** Keeps the first `chunk.length` pending bytes as a chunk of this block: no byte moves. */
  keep(chunk: DirectoryChunk): void {
    this.#chunks.push(chunk)
    this.#keptBytes += chunk.length
    this.#pendingBytes -= chunk.length
  }

  /** Drops the first `bytes` pending bytes: they are stored already. */
  drop(bytes: number): void {
    const from = this.#keptBytes + bytes
    this.#pendingBytes -= bytes
    if (this.#pendingBytes > 0) this.#buffer.copyWithin(this.#keptBytes, from, from + this.#pendingBytes)
  }

  /** Adds a copy of a chunk that lies elsewhere; nothing may be pending. */
  add(chunk: DirectoryChunk, bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#keptBytes)
    this.#pendingBytes = bytes.length
    this.keep(chunk)
  }

  /** The chunks that were kept and their raw bytes. Valid until `reset`. */
  block(): { raw: Buffer; chunks: readonly DirectoryChunk[] } {
    return { raw: this.#buffer.subarray(0, this.#keptBytes), chunks: this.#chunks }
  }

  /** Starts the next block; what is pending moves to the front. */
  reset(): void {
    this.#buffer.copyWithin(0, this.#keptBytes, this.#keptBytes + this.#pendingBytes)
    this.#keptBytes = 0
    this.#chunks = []
  }
}
