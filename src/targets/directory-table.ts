// All directories of a restore as numbers: 0 is the root, a parent comes before its children. The columns lie in shared
// memory, so that each worker thread finds its way through handles without a path, and 200,000 directories cost no objects.

const ROOT = 0
const NO_PARENT = -1

/** The inode of a directory that could not be made. No file system gives this number. */
const LEFT_OUT = 0xffff_ffff_ffff_ffffn

/** What a worker thread needs to see the same table. */
export interface DirectoryColumns {
  readonly parents: Int32Array
  /** Where the name of each directory ends in `names`; it begins where the one before ends. */
  readonly nameEnds: Float64Array
  readonly names: Uint8Array
  /** 0 until the directory is made. */
  readonly inodes: BigUint64Array
}

export class DirectoryTable {
  readonly columns: DirectoryColumns

  constructor(columns: DirectoryColumns) {
    this.columns = columns
  }

  get count(): number {
    return this.columns.parents.length
  }

  /** Number of the parent; −1 for the root. */
  parent(index: number): number {
    return this.columns.parents[index]!
  }

  name(index: number): Uint8Array {
    const { nameEnds, names } = this.columns
    return names.subarray(index === ROOT ? 0 : nameEnds[index - 1], nameEnds[index])
  }

  /** The inode that `setInode` recorded; 0n when the directory was not made yet. */
  inode(index: number): bigint {
    return this.columns.inodes[index]!
  }

  setInode(index: number, inode: bigint): void {
    this.columns.inodes[index] = inode
  }

  /** Whether it could not be made: nothing below it can be restored. */
  isLeftOut(index: number): boolean {
    return this.columns.inodes[index] === LEFT_OUT
  }

  leaveOut(index: number): void {
    this.columns.inodes[index] = LEFT_OUT
  }

  /** The path of an entry of a directory, for messages only: work goes through handles. */
  path(index: number, name?: Uint8Array): Buffer {
    const parts: Uint8Array[] = name === undefined ? [] : [name]
    for (let at = index; at > ROOT; at = this.parent(at)) parts.push(this.name(at))
    const slash = Buffer.from('/')
    return Buffer.concat(parts.reverse().flatMap((part, i) => (i === 0 ? [part] : [slash, part])))
  }
}

/** Collects directories, and then lays them out as a table. */
export class DirectoryTableBuilder {
  readonly #parents: number[] = [NO_PARENT]
  readonly #names: Uint8Array[] = [Buffer.alloc(0)]

  /** Number of the directories so far; the root is there from the start. */
  get count(): number {
    return this.#parents.length
  }

  /** Adds a directory below one that was added before; its number. */
  add(parent: number, name: Uint8Array): number {
    this.#parents.push(parent)
    this.#names.push(name)
    return this.#parents.length - 1
  }

  build(): DirectoryTable {
    const count = this.#parents.length
    const nameBytes = this.#names.reduce((sum, name) => sum + name.length, 0)
    const columns: DirectoryColumns = {
      parents: new Int32Array(new SharedArrayBuffer(count * 4)),
      nameEnds: new Float64Array(new SharedArrayBuffer(count * 8)),
      names: new Uint8Array(new SharedArrayBuffer(nameBytes)),
      inodes: new BigUint64Array(new SharedArrayBuffer(count * 8)),
    }
    columns.parents.set(this.#parents)
    let end = 0
    for (let i = 0; i < count; i++) {
      columns.names.set(this.#names[i]!, end)
      end += this.#names[i]!.length
      columns.nameEnds[i] = end
    }
    return new DirectoryTable(columns)
  }
}
