import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'

const SLASH = 0x2f
const DOT = 0x2e

/** Whether bytes may name an entry of a directory: 1 to 255 bytes without `/` and NUL, neither `.` nor `..`. SPEC §6.7 */
export function isEntryName(name: Uint8Array): boolean {
  const length = name.length
  if (length === 0 || length > LIMITS.nameBytes) return false
  for (let i = 0; i < length; i += 1) {
    const byte = name[i]
    if (byte === SLASH || byte === 0) return false
  }
  return !(name[0] === DOT && (length === 1 || (length === 2 && name[1] === DOT)))
}

/** Whether a text may name a series or tag. SPEC §7.2 */
export function isSeriesName(name: string): boolean {
  return seriesNameProblem(name) === undefined
}

/** The name of a series that a path gives, without its slashes at both ends, in the letters of SPEC §7.2; undefined when it gives none. */
export function seriesNameOfPath(path: string): string | undefined {
  const letters = path
    .replace(/^\/+|\/+$/g, '')
    .replace(/[^A-Za-z0-9._/-]/g, '-')
    .replace(/\.\.+/g, (dots) => '-'.repeat(dots.length))
  const plain = letters === '' ? 'root' : letters.replace(/^[.-]/, '_')
  return [plain, `_${plain}`].find(isSeriesName)
}

/**
 * The name, where it may name a series or tag. SPEC §7.2
 * @throws {FormatError} `series-name` when it may not.
 */
export function checkSeriesName(name: string): string {
  const problem = seriesNameProblem(name)
  if (problem !== undefined) throw new FormatError('series-name', `the series or tag name ${JSON.stringify(name.slice(0, 140))} ${problem}`)
  return name
}

function seriesNameProblem(name: string): string | undefined {
  if (name.length === 0 || name.length > LIMITS.seriesNameLength) return `has ${name.length} characters; 1 to 128 are allowed`
  if (!/^[A-Za-z0-9._/-]+$/.test(name)) return 'has characters other than A-Z a-z 0-9 . _ / -'
  if (!/^[A-Za-z0-9_]/.test(name)) return 'does not start with a letter, digit or underscore'
  if (name.includes('//') || name.includes('..') || name.endsWith('/')) return 'has //, .. or a / at its end'
  if (name === 'latest') return 'is reserved'
  if (/^[0-9A-Fa-f]{4,64}$/.test(name)) return 'could be mistaken for the beginning of a hexadecimal id'
  return undefined
}

const MANIFEST_TAG_KEY = /^[A-Za-z0-9._-]{1,64}$/

/** Whether a text may be a key of a manifest's `tags`. SPEC §6.5 */
export function isManifestTagKey(key: string): boolean {
  return MANIFEST_TAG_KEY.test(key)
}

/** Whether a text names an actor: `person:NAME`, `agent:NAME` or `schedule:NAME`, of a length that a manifest takes. SPEC §6.5 */
export function isActor(actor: string): boolean {
  return /^(person|agent|schedule):./su.test(actor) && Buffer.byteLength(actor) <= LIMITS.textBytes
}
