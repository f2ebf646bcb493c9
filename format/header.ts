import { asBuffer, isZero } from './bytes.ts'
import { FormatError } from './format-error.ts'

const FORMAT_VERSION = 1

/** The fixed parts of the header that packs, segments, manifests and checkpoints begin with. SPEC §6, §7.5 */
export interface HeaderShape {
  /** Prefix of error codes: `pack` gives `pack-magic`. */
  readonly name: string
  /** 8 ASCII characters. */
  readonly magic: string
  readonly headerBytes: number
  /** From and to (exclusive) of the bytes that are zero. */
  readonly reserved: readonly [number, number]
}

/** A header with magic and version in place, all else zero. */
export function newHeader(shape: HeaderShape): Buffer {
  const header = Buffer.alloc(shape.headerBytes)
  header.write(shape.magic, 0, 'ascii')
  header[8] = FORMAT_VERSION
  return header
}

/**
 * The header at the start of an object, whose magic, version and zeros have been checked.
 * @throws {FormatError} `<name>-truncated`, `-magic`, `-version` or `-reserved`.
 */
export function checkHeader(shape: HeaderShape, object: Uint8Array): Buffer {
  const { name, magic, headerBytes, reserved } = shape
  const bytes = asBuffer(object)
  if (bytes.length < headerBytes) throw new FormatError(`${name}-truncated`, `a ${name} of ${bytes.length} bytes has no whole header`)
  if (bytes.toString('latin1', 0, 8) !== magic) throw new FormatError(`${name}-magic`, `a ${name} that does not begin with ${magic}`)
  if (bytes[8] !== FORMAT_VERSION) {
    throw new FormatError(`${name}-version`, `a ${name} of version ${bytes[8]}`, { hint: 'A newer version of the program may read it.' })
  }
  if (!isZero(bytes.subarray(...reserved))) throw new FormatError(`${name}-reserved`, `a ${name} whose reserved bytes are not zero`)
  return bytes.subarray(0, headerBytes)
}
