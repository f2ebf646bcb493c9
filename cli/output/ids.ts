import { toHex } from '../../format/bytes.ts'

/** A UUID of 16 bytes as text. */
export function uuidText(uuid: Uint8Array): string {
  return toHex(uuid).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The beginning of an id, as people see it. */
export function shortId(id: Uint8Array): string {
  return toHex(id).slice(0, 8)
}
