// Names of files as text, and back: names are bytes, terminals are easily fooled. What is no valid UTF-8, controls the terminal or
// turns text around is written `\xNN`, a backslash `\\`; what was printed so can be typed so.

/** Control characters, invisible format characters (those that turn text around among them), line and paragraph separators. */
const HOSTILE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const HOSTILE_ALL = new RegExp(HOSTILE, 'gu')

/** Text that comes from elsewhere (descriptions, host names), in one line, with everything escaped that could play with a terminal. */
export function printableLine(text: string): string {
  return text.replace(HOSTILE_ALL, (character) => escaped(Buffer.from(character)))
}

/** The text, or its beginning and an ellipsis where it has more characters than that. */
export function cut(text: string, most: number): string {
  const characters = Array.from(text)
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`
}

/** A path of bytes as it is shown to people and can be typed again. */
export function pathText(path: Uint8Array): string {
  const bytes = Buffer.from(path.buffer, path.byteOffset, path.byteLength)
  const text = bytes.toString('utf8')
  if (!text.includes('\\') && !HOSTILE.test(text) && !text.includes('\ufffd')) return text
  return [...utf8Pieces(bytes)].map(({ text: piece, bytes: raw }) => shown(piece, raw)).join('')
}

/** The bytes of a typed path. SPEC knows no escapes: they are for people. */
export function parsePathText(text: string): Buffer {
  const parts: Buffer[] = []
  const pattern = /\\x([0-9a-fA-F]{2})|\\\\|[^\\]+|\\/g
  for (const [part, hex] of text.matchAll(pattern)) {
    if (hex !== undefined) parts.push(Buffer.from(hex, 'hex'))
    else parts.push(Buffer.from(part === '\\\\' ? '\\' : part))
  }
  return Buffer.concat(parts)
}

/** A path for programs: as text, and in hexadecimal when the text does not say it all. */
export function pathJson(path: Uint8Array): { path: string; pathHex?: string } {
  const bytes = Buffer.from(path.buffer, path.byteOffset, path.byteLength)
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) ? { path: text } : { path: text, pathHex: bytes.toString('hex') }
}

function shown(text: string | undefined, raw: Buffer): string {
  if (text === undefined || HOSTILE.test(text)) return escaped(raw)
  return text === '\\' ? '\\\\' : text
}

function escaped(bytes: Buffer): string {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}

/** The characters of UTF-8 bytes, one by one; `text` is undefined for a byte that belongs to none. */
function* utf8Pieces(bytes: Buffer): Generator<{ readonly text: string | undefined; readonly bytes: Buffer }> {
  for (let at = 0; at < bytes.length; ) {
    const length = characterBytes(bytes, at)
    const raw = bytes.subarray(at, at + Math.max(1, length))
    yield { text: length === 0 ? undefined : raw.toString('utf8'), bytes: raw }
    at += raw.length
  }
}

function characterBytes(bytes: Buffer, at: number): number {
  const first = bytes[at]!
  const length = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  const raw = bytes.subarray(at, at + length)
  return raw.length === length && Buffer.from(raw.toString('utf8')).equals(raw) ? length : 0
}
