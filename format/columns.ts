// The columns of numbers that directories (SPEC §6.1) and index segments (§6.4) are made of: u32 big-endian, one after the other.

import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'

/** A cursor over columns whose total size has been checked. */
export class ColumnReader {
  private readonly buffer: Buffer
  private at = 0

  constructor(buffer: Buffer) {
    this.buffer = buffer
  }

  u8(): number {
    this.at += 1
    return this.buffer.readUInt8(this.at - 1)
  }

  u32(): number {
    this.at += 4
    return this.buffer.readUInt32BE(this.at - 4)
  }

  /** A view. */
  bytes(length: number): Buffer {
    this.at += length
    return this.buffer.subarray(this.at - length, this.at)
  }

  /** A copy in the machine's byte order. */
  u32Array(count: number): Uint32Array {
    const copy = Buffer.from(new ArrayBuffer(count * 4))
    copy.set(this.bytes(count * 4))
    copy.swap32()
    return new Uint32Array(copy.buffer, 0, count)
  }
}

/** The big-endian bytes of the numbers. */
export function u32Column(values: Uint32Array): Buffer {
  const column = Buffer.from(values.slice().buffer)
  return column.swap32()
}

export interface BlockShape {
  readonly sealedBytes: number
  readonly rawBytes: number
  readonly chunkCount: number
}

/**
 * Checks one block against the lengths of its chunks, which begin at `from`. SPEC §6.1, §10
 * @throws {FormatError} `<name>-block-*` or `<name>-chunk-*`.
 */
export function checkBlock(name: string, index: number, block: BlockShape, lengths: Uint32Array, from: number): void {
  const where = `block ${index} of a ${name}`
  if (block.chunkCount === 0) throw new FormatError(`${name}-block-empty`, `${where} has no chunk`)
  if (block.rawBytes > LIMITS.blockRawBytes) throw new FormatError(`${name}-block-too-large`, `${where} has ${block.rawBytes} raw bytes`)
  let sum = 0
  for (let i = from; i < from + block.chunkCount; i += 1) {
    const length = lengths[i] ?? 0
    if (length === 0) throw new FormatError(`${name}-chunk-empty`, `${where} has a chunk of no bytes`)
    if (length > LIMITS.chunkBytes) throw new FormatError(`${name}-chunk-too-large`, `${where} has a chunk of ${length} bytes`)
    sum += length
  }
  if (sum !== block.rawBytes) {
    throw new FormatError(`${name}-block-sum`, `${where} has ${block.rawBytes} raw bytes, but its chunks have ${sum}`)
  }
}
