// The form of a test vector, and how the case files state them in one line each.

import { toHex } from '../bytes.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../cbor.ts'
import { codecs, type RecordName } from './codecs.ts'

/** Values of JSON; byte strings are lower case hexadecimal. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type Context = Readonly<Record<string, Json>>

/** One vector of `format/vectors/*.json`. */
export interface Vector {
  readonly name: string
  readonly description: string
  readonly kind: 'accept' | 'reject'
  readonly record: RecordName
  /** What the decoder must know besides the bytes, such as the event whose details they are. */
  readonly context?: Context
  readonly hex: string
  /** Of accept: the record's fields. */
  readonly decoded?: Json
  /** Of reject: the code of the one flaw. */
  readonly error?: string
}

/** A value that is encoded by the record's own encoder. */
export function accept(record: RecordName, name: string, description: string, value: unknown, context?: Context): Vector {
  const bytes = codecs[record].encode(value, context ?? {})
  return acceptBytes(record, name, description, bytes, context)
}

/** Bytes that are written out by hand. */
export function acceptBytes(record: RecordName, name: string, description: string, bytes: Uint8Array, context?: Context): Vector {
  const decoded = toJson(codecs[record].decode(bytes, context ?? {}))
  return { ...base(record, name, description, context), kind: 'accept', hex: toHex(bytes), decoded }
}

/** Bytes with exactly one flaw. */
export function reject(record: RecordName, error: string, name: string, description: string, bytes: Uint8Array, context?: Context): Vector {
  return { ...base(record, name, description, context), kind: 'reject', hex: toHex(bytes), error }
}

function base(record: RecordName, name: string, description: string, context: Context | undefined): Omit<Vector, 'kind' | 'hex'> {
  return { name: `${record}-${name}`, description, record, ...(context === undefined ? {} : { context }) }
}

/** Bytes as hexadecimal, columns as lists, maps as objects. */
export function toJson(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value)
  if (value instanceof Uint32Array) return [...value]
  if (Array.isArray(value)) return value.map(toJson)
  const entries = value instanceof Map ? [...(value as ReadonlyMap<number | string, unknown>)] : undefined
  if (entries !== undefined) return Object.fromEntries(entries.map(([key, item]) => [String(key), toJson(item)]))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]))
  return value as Json
}

/** `length` bytes, all of the value `seed`: vectors know no chance. */
export function fill(length: number, seed: number): Buffer {
  return Buffer.alloc(length, seed)
}

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

/** A change of some bytes: from an offset on. */
export function patch(bytes: Uint8Array, at: number, ...values: readonly number[]): Buffer {
  const copy = Buffer.from(bytes)
  copy.set(values, at)
  return copy
}

/** The place of a field: keys of maps, indexes of arrays. */
type Path = readonly (string | number)[]

/** The encoding with the value at `path` replaced; `undefined` removes its key. */
export function edit(encoded: Uint8Array, path: Path, value: CborValue | undefined): Buffer {
  return encodeCbor(editValue(decodeCbor(encoded), path, value) ?? null)
}

function editValue(target: CborValue, [key, ...rest]: Path, value: CborValue | undefined): CborValue | undefined {
  if (key === undefined) return value
  if (Array.isArray(target)) return target.map((item: CborValue, i) => (i === key ? (editValue(item, rest, value) ?? null) : item))
  const entries = target instanceof Map ? target : new Map(Object.entries(target as Record<string, CborValue>))
  const copy = new Map<number | string, CborValue>(entries as ReadonlyMap<number | string, CborValue>)
  const edited = editValue(copy.get(key) ?? null, rest, value)
  if (edited === undefined) copy.delete(key)
  else copy.set(key, edited)
  return copy
}
