// Growing columns of numbers and bytes: what a plan knows of each entry and each piece of content, without an object for any.
// When a plan is complete its columns move to shared memory, where every thread reads them.

type NumberArray = Uint32Array | Float64Array

const FIRST_CAPACITY = 1024

/** A column of numbers. */
export class NumberColumn<T extends NumberArray> {
  readonly #make: (memory: ArrayBufferLike) => T
  #values: T
  #count = 0

  constructor(make: (memory: ArrayBufferLike) => T) {
    this.#make = make
    this.#values = make(new ArrayBuffer(FIRST_CAPACITY * Float64Array.BYTES_PER_ELEMENT))
  }

  get count(): number {
    return this.#count
  }

  push(value: number): void {
    if (this.#count === this.#values.length) this.#grow()
    this.#values[this.#count++] = value
  }

  at(index: number): number {
    return this.#values[index]!
  }

  /** The values so far, in shared memory. */
  share(): T {
    const shared = this.#make(new SharedArrayBuffer(this.#count * this.#values.BYTES_PER_ELEMENT))
    shared.set(this.#values.subarray(0, this.#count))
    return shared
  }

  #grow(): void {
    const larger = this.#make(new ArrayBuffer(this.#values.byteLength * 2))
    larger.set(this.#values)
    this.#values = larger
  }
}

export function uint32Column(): NumberColumn<Uint32Array> {
  return new NumberColumn((memory) => new Uint32Array(memory))
}

export function float64Column(): NumberColumn<Float64Array> {
  return new NumberColumn((memory) => new Float64Array(memory))
}

/** Byte strings, joined: of one length, or with their ends kept elsewhere. */
export class JoinedBytes {
  #bytes = Buffer.alloc(FIRST_CAPACITY)
  #length = 0

  get length(): number {
    return this.#length
  }

  push(value: Uint8Array): void {
    const length = this.#length + value.length
    if (length > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(length, this.#bytes.length * 2))
      larger.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = larger
    }
    this.#bytes.set(value, this.#length)
    this.#length = length
  }

  /** The bytes so far, in shared memory. */
  share(): Uint8Array {
    const shared = new Uint8Array(new SharedArrayBuffer(this.#length))
    shared.set(this.#bytes.subarray(0, this.#length))
    return shared
  }
}

/** Byte strings in shared memory: each ends at its `ends` and begins where the one before ends. */
export interface SharedRecords {
  readonly bytes: Uint8Array
  readonly ends: Float64Array
}

/** A column of byte strings of any lengths. */
export class RecordColumn {
  readonly #ends = float64Column()
  readonly #bytes = new JoinedBytes()

  get count(): number {
    return this.#ends.count
  }

  push(record: Uint8Array): void {
    this.#bytes.push(record)
    this.#ends.push(this.#bytes.length)
  }

  share(): SharedRecords {
    return { bytes: this.#bytes.share(), ends: this.#ends.share() }
  }
}

/** A copy of one record: what is decoded from it must not be memory that threads share, which some calls refuse. */
export function recordAt({ bytes, ends }: SharedRecords, index: number): Buffer {
  return Buffer.from(bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index]))
}
