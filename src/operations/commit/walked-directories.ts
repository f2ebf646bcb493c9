// The directories that a walk has listed, in its order: each before what lies in it. Some 30 bytes each, since there may be millions.

/** Its path below the root of the snapshot and its name are latin1 text; the root has depth 0, and both are empty. */
export interface WalkedDirectory {
  readonly depth: number
  readonly path: string
  readonly name: string
  /** Tells it from another one that has its name by now; as `fileKey` makes it. */
  readonly key: bigint
  /** Whether all its names were asked for. */
  readonly isWhole: boolean
}

const HEADER_BYTES = 14
const WHOLE = 1

export class WalkedDirectories {
  #bytes = Buffer.allocUnsafe(64 << 10)
  #usedBytes = 0

  add({ depth, name, key, isWhole }: Omit<WalkedDirectory, 'path'>): void {
    const end = this.#usedBytes + HEADER_BYTES + name.length
    if (end > this.#bytes.length) this.#grow()
    const keyAt = this.#bytes.writeUInt32LE(2 * depth + (isWhole ? WHOLE : 0), this.#usedBytes)
    const at = this.#bytes.writeBigUInt64LE(key, keyAt)
    this.#bytes.write(name, this.#bytes.writeUInt16LE(name.length, at), 'latin1')
    this.#usedBytes = end
  }

  *[Symbol.iterator](): Generator<WalkedDirectory> {
    const paths: string[] = []
    for (let at = 0; at < this.#usedBytes; ) {
      const head = this.#bytes.readUInt32LE(at)
      const nameAt = at + HEADER_BYTES
      const key = this.#bytes.readBigUInt64LE(at + 4)
      at = nameAt + this.#bytes.readUInt16LE(at + 12)
      const name = this.#bytes.toString('latin1', nameAt, at)
      const depth = Math.floor(head / 2)
      paths.length = depth
      const path = depth <= 1 ? name : `${paths[depth - 1]}/${name}`
      paths.push(path)
      yield { depth, path, name, key, isWhole: head % 2 === WHOLE }
    }
  }

  /** A name has 255 bytes at most on Linux, so twice the size has room for it. */
  #grow(): void {
    const larger = Buffer.allocUnsafe(2 * this.#bytes.length)
    this.#bytes.copy(larger)
    this.#bytes = larger
  }
}
