import { fromHex, type Id, toHex } from './bytes.ts'
import { FormatError } from './format-error.ts'
import { PACK_DATA, PACK_TREE, type PackKind } from './pack-kind.ts'

/** The key of an object in a store. SPEC §3 */
export type StoreKey = string

export const REPOSITORY_JSON = 'cairn.json'

export const STORE_PREFIXES = [
  'keys/',
  'journal/',
  'checkpoints/',
  'manifests/',
  'index/',
  'packs/data/',
  'packs/tree/',
  'leases/',
] as const

/** What a store can list. */
export type StorePrefix = (typeof STORE_PREFIXES)[number]

export type ParsedStoreKey =
  | { readonly kind: 'repository' }
  | { readonly kind: 'slot'; readonly id: Buffer }
  | { readonly kind: 'journal'; readonly sequence: number }
  | { readonly kind: 'checkpoint' | 'manifest' | 'segment'; readonly id: Buffer }
  | { readonly kind: 'pack'; readonly packKind: PackKind; readonly id: Buffer }
  | { readonly kind: 'lease'; readonly operation: Buffer; readonly renewal: number }

const SEQUENCE_DIGITS = 16
const RENEWAL_DIGITS = 8

const GRAMMAR: readonly { readonly pattern: RegExp; readonly parse: (...groups: string[]) => ParsedStoreKey }[] = [
  { pattern: /^cairn\.json$/, parse: () => ({ kind: 'repository' }) },
  {
    pattern: /^packs\/(data|tree)\/([0-9a-f]{2})\/(\2[0-9a-f]{62})$/,
    parse: (name, _first, hex) => ({ kind: 'pack', packKind: name === 'tree' ? PACK_TREE : PACK_DATA, id: fromHex(hex ?? '', 32) }),
  },
  { pattern: /^journal\/([0-9]{16})$/, parse: (digits) => ({ kind: 'journal', sequence: Number(digits) }) },
  { pattern: /^manifests\/([0-9a-f]{64})$/, parse: (hex) => ({ kind: 'manifest', id: fromHex(hex ?? '', 32) }) },
  { pattern: /^index\/([0-9a-f]{64})$/, parse: (hex) => ({ kind: 'segment', id: fromHex(hex ?? '', 32) }) },
  { pattern: /^checkpoints\/([0-9a-f]{64})$/, parse: (hex) => ({ kind: 'checkpoint', id: fromHex(hex ?? '', 32) }) },
  { pattern: /^keys\/([0-9a-f]{32})$/, parse: (hex) => ({ kind: 'slot', id: fromHex(hex ?? '', 16) }) },
  {
    pattern: /^leases\/([0-9a-f]{32})-([0-9]{8})$/,
    parse: (hex, digits) => ({ kind: 'lease', operation: fromHex(hex ?? '', 16), renewal: Number(digits) }),
  },
]

export function isStoreKey(key: string): boolean {
  return find(key) !== undefined
}

/**
 * What a key names. SPEC §3
 * @throws {FormatError} `store-key` when it is not one of the keys of SPEC §3.
 */
export function parseStoreKey(key: string): ParsedStoreKey {
  const parsed = find(key)
  if (parsed === undefined) throw new FormatError('store-key', `${JSON.stringify(key.slice(0, 120))} is not a key of a repository`)
  return parsed
}

function find(key: string): ParsedStoreKey | undefined {
  for (const { pattern, parse } of GRAMMAR) {
    const match = pattern.exec(key)
    if (match !== null) return safeSequence(parse(...match.slice(1)))
  }
  return undefined
}

// 16 digits reach beyond 2^53 − 1, where two keys would parse to one number.
function safeSequence(parsed: ParsedStoreKey): ParsedStoreKey | undefined {
  return parsed.kind === 'journal' && !Number.isSafeInteger(parsed.sequence) ? undefined : parsed
}

export function packKey(kind: PackKind, id: Id): StoreKey {
  const hex = toHex(id)
  return `packs/${kind === PACK_DATA ? 'data' : 'tree'}/${hex.slice(0, 2)}/${hex}`
}

export function manifestKey(id: Id): StoreKey {
  return `manifests/${toHex(id)}`
}

export function segmentKey(id: Id): StoreKey {
  return `index/${toHex(id)}`
}

export function checkpointKey(id: Id): StoreKey {
  return `checkpoints/${toHex(id)}`
}

export function journalKey(sequence: number): StoreKey {
  return `journal/${digits(sequence, SEQUENCE_DIGITS)}`
}

/** `id` is 16 bytes. */
export function slotKey(id: Uint8Array): StoreKey {
  return `keys/${toHex(id)}`
}

/** `operation` is 16 bytes. */
export function leaseKey(operation: Uint8Array, renewal: number): StoreKey {
  return `leases/${toHex(operation)}-${digits(renewal, RENEWAL_DIGITS)}`
}

function digits(n: number, width: number): string {
  const text = String(n).padStart(width, '0')
  if (!Number.isSafeInteger(n) || n < 0 || text.length > width) throw new FormatError('store-key', `${n} does not fit into ${width} digits`)
  return text
}
