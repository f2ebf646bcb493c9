// What a damage may cost, by the kind of what was damaged: the law that test/damage/ holds the repository to. Whatever is not named
// here must not be lost.

import type { Damage, Damaged } from './damage.ts'
import { type Exhibit, type Museum, spoils } from './museum.ts'

export const KINDS = ['cairn.json', 'keys', 'journal', 'checkpoints', 'manifests', 'index', 'packs/data', 'packs/tree', 'leases'] as const
export type Kind = (typeof KINDS)[number]

/** Who looks: one who saw the repository before; one who never did; one with nothing but the recovery code. */
const VIEWERS = ['pinned', 'stranger', 'code'] as const
export type Viewer = (typeof VIEWERS)[number]

/** Whose views of a kind of file differ. */
export function viewersOf(kind: Kind): readonly Viewer[] {
  if (kind === 'keys') return VIEWERS
  return kind === 'cairn.json' || kind === 'journal' || kind === 'checkpoints' ? ['pinned', 'stranger'] : ['pinned']
}

/** What a viewer must find. */
export interface Fate {
  readonly opens: 'yes' | 'no' | 'maybe'
  /** Whether this path of this snapshot may be lost. */
  readonly mayLose: (exhibit: Exhibit, path: string) => boolean
  /** Whether all that may be lost is lost, so that a test sees damage that is overlooked. */
  readonly isExact: boolean
}

const NOTHING = { mayLose: () => false, isExact: true } as const

/** The keys of a museum of one kind; a lease of its own for each writer. */
export function keysOfKind({ objects }: Museum, kind: Kind): string[] {
  return [...objects.keys()].filter((key) => key === kind || key.startsWith(`${kind}/`))
}

/** What `viewer` must find after a damage of one or two objects of a kind. */
export function fateOf(museum: Museum, kind: Kind, how: Damage, { regions }: Damaged, viewer: Viewer): Fate {
  switch (kind) {
    case 'cairn.json': // a hint: damaged it is refused, and without it all is there
      return { opens: how === 'delete' ? 'yes' : 'maybe', ...NOTHING }
    case 'keys':
      return { opens: opensWithout(museum, how, regions, viewer), ...NOTHING }
    case 'journal':
      return journalFate(museum, [...regions.keys()].map(sequenceOf), viewer)
    case 'manifests':
      return { opens: 'yes', mayLose: ({ snapshot }) => regions.has(manifestOf(snapshot.manifest)), isExact: true }
    case 'packs/data':
    case 'packs/tree':
      // Packs that changed places are found by their directories: what they hold proves itself.
      return {
        opens: 'yes',
        mayLose: ({ needs }, path) => needs.get(path)!.some((block) => spoils(regions, block)),
        isExact: how !== 'swap',
      }
    case 'checkpoints': // a short cut
    case 'index': // a hint: the packs tell what is in them
    case 'leases': // a sign of life
      return { opens: 'yes', ...NOTHING }
  }
}

function manifestOf(id: Uint8Array): string {
  return `manifests/${Buffer.from(id).toString('hex')}`
}

function sequenceOf(key: string): number {
  return Number(key.slice('journal/'.length))
}

/** Each way of unlocking has a slot of its own; a recovery code finds its slot wherever it lies. */
function opensWithout({ owner, objects }: Museum, how: Damage, regions: Damaged['regions'], viewer: Viewer): Fate['opens'] {
  const keys = [...regions].flatMap(([key, region]) => (isInCheck(objects.get(key)!, region) ? [] : [key]))
  if (keys.length === 0) return 'yes'
  const isIdentity = keys.includes(`keys/${Buffer.from(owner.identity.slot).toString('hex')}`)
  if (viewer !== 'code') return isIdentity ? 'no' : 'yes'
  if (how === 'swap') return 'maybe'
  return isIdentity ? 'yes' : 'no'
}

/** A slot whose checksum alone is damaged still opens. */
function isInCheck(slot: Buffer, { from, to }: { from: number; to: number }): boolean {
  const name = slot.indexOf('echeck') // a text of 5 bytes, then a byte string of 32: two bytes of head
  const start = name + 'echeck'.length + 2
  return name !== -1 && from >= start && to <= start + 32
}

/** Junk in a slot voids it and breaks the chain behind it. Who saw the journal's end before trusts that end and what led there. */
function journalFate({ exhibits }: Museum, sequences: readonly number[], viewer: Viewer): Fate {
  const first = Math.min(...sequences)
  const head = exhibits.at(-1)!.snapshot.sequence
  if (first === 0) return { opens: 'no', ...NOTHING }
  if (viewer === 'pinned') return { opens: sequences.includes(head) ? 'no' : 'yes', ...NOTHING }
  return { opens: 'maybe', mayLose: ({ snapshot }) => snapshot.sequence >= first, isExact: false }
}
