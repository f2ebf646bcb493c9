import { asBuffer } from './bytes.ts'
import type { CborRecord } from './cbor.ts'
import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'
import { asRecord, withArticle } from './record-reader.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The object of a small JSON file. Its values are then checked like those of CBOR, of which JSON's are a part.
 * @throws {FormatError} `<name>-too-large`, `-utf8`, `-json` or `-form`.
 */
export function decodeJsonRecord(name: string, file: Uint8Array | string): CborRecord {
  const bytes = typeof file === 'string' ? Buffer.from(file, 'utf8') : asBuffer(file)
  if (bytes.length > LIMITS.smallObjectBytes)
    throw new FormatError(`${name}-too-large`, `${withArticle(name)} file of ${bytes.length} bytes`)
  return asRecord(parse(name, decodeText(name, bytes)), `${name}-form`, `${withArticle(name)} file`)
}

function decodeText(name: string, bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new FormatError(`${name}-utf8`, `${withArticle(name)} file that is not UTF-8`, { cause })
  }
}

// The cause is left out: V8 quotes the text in it, which may be a key.
function parse(name: string, text: string): CborRecord {
  try {
    return JSON.parse(text) as CborRecord
  } catch {
    throw new FormatError(`${name}-json`, `${withArticle(name)} file that is not JSON`)
  }
}
