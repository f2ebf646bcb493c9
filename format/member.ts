import { compareBytes, equalBytes, toHex } from './bytes.ts'
import type { CborRecord, CborValue } from './cbor.ts'
import { FormatError } from './format-error.ts'
import { LIMITS } from './limits.ts'
import { asBytes, asText, RecordReader } from './record-reader.ts'

export const ROLES = ['owner', 'maintainer', 'writer', 'reader', 'approver', 'witness'] as const
export type Role = (typeof ROLES)[number]

export const SERIES_TAG_BYTES = 16

/** A person, device or agent as the journal names it. SPEC §7.2 */
export interface Member {
  /** Ed25519 public key, 32 bytes. */
  readonly key: Uint8Array
  /** At least one, none twice. */
  readonly roles: readonly Role[]
  /** Series tags (16 bytes each) that a writer is limited to; absent: any series. */
  readonly series?: readonly Uint8Array[]
}

function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text)
}

export function memberToCbor(member: Member): CborRecord {
  const { key, roles, series } = member
  return series === undefined ? { key, roles } : { key, roles, series }
}

/**
 * The member of a decoded map. SPEC §7.2
 * @throws {FormatError} `member-*` when it is none.
 */
function memberFromCbor(value: CborValue): Member {
  const record = new RecordReader('member', value)
  const member = readMember(record)
  record.end()
  return member
}

/** The fields of a member out of a record that may have other keys as well. */
export function readMember(record: RecordReader): Member {
  const key = record.bytes('key', 32)
  const roles = record.array('roles', asRole, { min: 1 })
  if (new Set(roles).size !== roles.length) throw new FormatError('member-role-twice', `the member ${toHex(key)} has a role twice`)
  return record.has('series') ? { key, roles, series: record.array('series', asSeriesTag, { min: 1 }) } : { key, roles }
}

/**
 * Members of one list: at most 1,024, no key twice. SPEC §10
 * @throws {FormatError} `member-*` when one is none.
 */
export function membersFromCbor(items: readonly CborValue[]): Member[] {
  if (items.length > LIMITS.members)
    throw new FormatError('member-too-many', `${items.length} members; at most ${LIMITS.members} are allowed`)
  const members = items.map(memberFromCbor)
  const sorted = members.map((member) => member.key).sort((a, b) => compareBytes(a, b))
  sorted.forEach((key, i) => {
    const previous = sorted[i - 1]
    if (previous !== undefined && equalBytes(previous, key))
      throw new FormatError('member-twice', `the member ${toHex(key)} stands twice in a list`)
  })
  return members
}

function asRole(value: CborValue, code: string, what: string): Role {
  const text = asText(value, code, what)
  if (!isRole(text)) throw new FormatError('member-role', `${JSON.stringify(text.slice(0, 64))} is not a role`)
  return text
}

function asSeriesTag(value: CborValue, code: string, what: string): Buffer {
  return asBytes(value, code, what, SERIES_TAG_BYTES)
}
