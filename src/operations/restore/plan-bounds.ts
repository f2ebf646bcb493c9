// What a plan may ask for: the room in its target, and the memory to hold it. Asked while the trees are walked, since what they hold
// may be far more than the bytes that they are stored in.

import { totalmem } from 'node:os'
import { StopError, StoreError } from '../../errors.ts'

const MIB = 1 << 20
const GIB = 1 << 30
/** A plan grows by doubling, and is copied for the threads: with that it takes up to half of the memory. */
const MEMORY_SHARE = 8
const LEAST_MEMORY_BYTES = 128 * MIB

/** What a plan takes for each piece and for each entry: its columns, and what finds a hard link's first name again. */
const PIECE_BYTES = 56
const ENTRY_BYTES = 80
const DIRECTORY_BYTES = 240
const LINK_BYTES = 400

export interface PlanLimits {
  /** Bytes that are free where the target is to lie; undefined when nobody knows. */
  readonly roomBytes: number | undefined
  /** What the snapshot says that it holds, where all of it is planned: counting ends as soon as the room does. */
  readonly snapshotBytes?: number | undefined
  /** The largest plan; an eighth of the machine's memory unless told. */
  readonly memoryBytes?: number
}

export class PlanBounds {
  readonly #to: string
  readonly #roomBytes: number
  readonly #snapshotBytes: number
  readonly #memoryBytes: number
  #dataBytes = 0
  #planBytes = 0

  constructor(to: string, { roomBytes, snapshotBytes, memoryBytes }: PlanLimits) {
    this.#to = to
    this.#roomBytes = roomBytes ?? Number.POSITIVE_INFINITY
    this.#snapshotBytes = snapshotBytes ?? 0
    this.#memoryBytes = memoryBytes ?? Math.max(LEAST_MEMORY_BYTES, memoryOfMachine() / MEMORY_SHARE)
  }

  /** Counts data that will be written. @throws {StoreError} `target-no-space` */
  addData(bytes: number): void {
    this.#dataBytes += bytes
    if (this.#dataBytes <= this.#roomBytes) return
    const [free, held] = [sizeText(this.#roomBytes), sizeText(this.#snapshotBytes)]
    const whole = this.#snapshotBytes > this.#roomBytes ? ` The snapshot holds ${held} in all.` : ''
    throw new StoreError(
      'target-no-space',
      `There is not enough room for ${this.#to}: it needs more than the ${free} that are free.${whole}`,
      {
        hint: "Free some space, restore to another place, or restore a part: SNAPSHOT:PATH or --include. 'cairn stats' tells sizes.",
        fields: { leastBytes: this.#dataBytes, freeBytes: this.#roomBytes },
      },
    )
  }

  /** Counts a piece. @throws {StopError} `plan-too-large` */
  addPiece(): void {
    this.#add(PIECE_BYTES)
  }

  /** Asks whether so many pieces could be added. @throws {StopError} `plan-too-large` */
  assertPieces(count: number): void {
    this.#assert(this.#planBytes + count * PIECE_BYTES)
  }

  /** Counts an entry with the length of its name and all else that is recorded of it. @throws {StopError} `plan-too-large` */
  addEntry(recordBytes: number, isLinked: boolean): void {
    this.#add(ENTRY_BYTES + recordBytes + (isLinked ? LINK_BYTES : 0))
  }

  /** Counts a directory likewise. @throws {StopError} `plan-too-large` */
  addDirectory(recordBytes: number): void {
    this.#add(DIRECTORY_BYTES + recordBytes)
  }

  #add(bytes: number): void {
    this.#planBytes += bytes
    this.#assert(this.#planBytes)
  }

  #assert(planBytes: number): void {
    if (planBytes <= this.#memoryBytes) return
    throw new StopError('plan-too-large', `The plan of this restore takes more than the ${sizeText(this.#memoryBytes)} that it may.`, {
      hint:
        'Restore it in parts (SNAPSHOT:PATH or --include), or on a machine with more memory. If it should not be as large as that, ' +
        "see with 'cairn show' who made it.",
      fields: { memoryBytes: this.#memoryBytes },
    })
  }
}

function memoryOfMachine(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}

function sizeText(bytes: number): string {
  if (bytes < MIB) return `${bytes} bytes`
  return bytes < GIB ? `${(bytes / MIB).toFixed(1)} MiB` : `${(bytes / GIB).toFixed(1)} GiB`
}
