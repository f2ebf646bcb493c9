import { type Id, toHex } from '../../../format/bytes.ts'
import type { ListedPack } from './pack-health.ts'

/** What is remembered of a pack. */
export interface VerifiedPack {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly ok: boolean
}

/** What a client remembers of packs that it verified. */
export interface VerifyMemory {
  /** By pack id, hexadecimal. */
  verified(): ReadonlyMap<string, VerifiedPack>
  remember(packs: Iterable<{ readonly id: Id; readonly ok: boolean }>): void
  /** Drops what is known of packs, by id as hexadecimal. */
  forget(packs: Iterable<string>): void
}

/** The packs that were damaged when they were read last, by id as hexadecimal. */
export function damagedPacks(memory: ReadonlyMap<string, VerifiedPack>): Set<string> {
  return new Set([...memory].filter(([, { ok }]) => !ok).map(([pack]) => pack))
}

/**
 * Which packs to read: those that were damaged last time, always; then those that were verified never or longest ago, until
 * they hold this share (0 to 1) of all bytes. A share of 0 is the damaged ones alone.
 */
export function choosePacks(packs: Iterable<ListedPack>, memory: ReadonlyMap<string, VerifiedPack>, share: number): ListedPack[] {
  const all = [...packs].map((pack) => ({ pack, known: memory.get(toHex(pack.id)) }))
  if (share >= 1) return all.map(({ pack }) => pack)
  const wantedBytes = share * all.reduce((sum, { pack }) => sum + pack.packBytes, 0)
  const chosen = all.filter(({ known }) => known?.ok === false).map(({ pack }) => pack)
  let bytes = 0
  for (const { pack } of all.filter(({ known }) => known?.ok !== false).sort((a, b) => (a.known?.at ?? 0) - (b.known?.at ?? 0))) {
    if (bytes >= wantedBytes) break
    chosen.push(pack)
    bytes += pack.packBytes
  }
  return chosen
}
