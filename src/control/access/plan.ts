// A plan: what an operation that destroys or overwrites would do, down to the journal entry it was made after and the state of its
// target. Its digest is what a person, a grant or `--apply` says yes to. SPEC §4.8 has its domain string.

import { type Id, toHex } from '../../../format/bytes.ts'
import { type CborRecord, encodeCbor } from '../../../format/cbor.ts'
import { domain } from '../../../format/domains.ts'
import { sha256 } from '../../repository/crypto/hash.ts'
import type { Head } from '../../repository/journal/pins.ts'

export interface Plan {
  /** The command, as a grant names it: `restore`, `key remove`. */
  readonly operation: string
  readonly repository: Id
  /** The last journal entry that means something. */
  readonly head: Head
  /** What it is about: manifests, paths in them, slots. */
  readonly objects: readonly string[]
  /** What may be deleted or overwritten: store keys and absolute paths. Nothing else is. */
  readonly destroys: readonly string[]
  /** What it is done to, as a grant names it: an absolute path, or a store key. */
  readonly target: string
  /** Whatever tells the target's present state from another. */
  readonly fingerprint: Uint8Array
  /** Series of the snapshot; empty where there is none. */
  readonly series: string
  /** For people: what happens, and what cannot be undone. */
  readonly consequence: string
}

function planToCbor(plan: Plan): CborRecord {
  const { operation, repository, head, objects, destroys, target, fingerprint, series, consequence } = plan
  const journal = [head.sequence, head.hash]
  return { operation, repository, journal, objects, destroys, target, fingerprint, series, consequence }
}

/** What is approved: 32 bytes over everything in the plan. */
export function planDigest(plan: Plan): Buffer {
  return sha256(domain('plan'), encodeCbor(planToCbor(plan)))
}

/** The plan as JSON for programs, and for remembering it. */
export function planToJson(plan: Plan): PlanJson {
  const { operation, repository, head, objects, destroys, target, fingerprint, series, consequence } = plan
  const journal = { sequence: head.sequence, hash: toHex(head.hash) }
  return {
    operation,
    repository: toHex(repository),
    journal,
    objects,
    destroys,
    target,
    fingerprint: toHex(fingerprint),
    series,
    consequence,
  }
}

export interface PlanJson extends Omit<Plan, 'repository' | 'head' | 'fingerprint'> {
  readonly repository: string
  readonly journal: { readonly sequence: number; readonly hash: string }
  readonly fingerprint: string
}

const NAMES = {
  operation: 'the operation',
  repository: 'the repository',
  journal: 'the journal (somebody committed, or changed members, keys or tags)',
  objects: 'what it is about',
  destroys: 'what would be deleted or overwritten',
  target: 'the target',
  fingerprint: "the target's state",
  series: 'the series',
  consequence: 'the consequences',
} as const satisfies Record<keyof PlanJson, string>

/** The names of what differs between two plans, for people. */
export function planDifferences(before: PlanJson, after: PlanJson): string[] {
  const fields = Object.keys(NAMES) as (keyof PlanJson)[]
  return fields.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field])).map((field) => NAMES[field])
}
