// A repository that is open: the store, the keys that are held, the journal's state, and the way from ids to bytes.
// Flow of a read: journal → manifest → tree stream → chunk ids → index → pack → block → chunk. SPEC §9.

import { compareBytes } from '../../format/bytes.ts'
import type { Manifest } from '../../format/manifest.ts'
import type { ChunkKind } from '../../format/pack.ts'
import { CHUNK_DATA, CHUNK_LIST, CHUNK_TREE } from '../../format/pack.ts'
import type { Stream, StreamItem } from '../../format/stream.ts'
import { decodeEntries, type Entry } from '../../format/tree.ts'
import { FormatError, KeyError } from '../errors.ts'
import { ChunkIdentity } from './crypto/chunk-id.ts'
import type { KeySet, ReadKeys, WriteKeys } from './crypto/keyset.ts'
import type { SignedContext } from './crypto/signed-object.ts'
import type { SigningKey } from './crypto/signing.ts'
import type { Journal } from './journal/journal.ts'
import { isOwner } from './journal/members.ts'
import type { SnapshotRecord } from './journal/state.ts'
import type { ChunkIndex } from './objects/chunk-index.ts'
import { ChunkReader } from './objects/chunk-reader.ts'
import { readManifest } from './objects/manifests.ts'
import { indexOfPacks } from './objects/pack-directories.ts'
import { type LoadedIndex, loadIndex, type ReadSegment, type SegmentContext } from './objects/segments.ts'
import { type IsListWanted, listItems, type ReadList, streamBytes, streamItems } from './objects/stream-reader.ts'
import { PackReader } from './pack/pack-reader.ts'
import type { ObjectStore } from './store/object-store.ts'

export interface RepositoryParts {
  readonly store: ObjectStore
  readonly keys: KeySet
  readonly journal: Journal
}

export class Repository {
  readonly store: ObjectStore
  readonly keys: KeySet
  readonly journal: Journal
  #index: Promise<LoadedIndex> | undefined
  #rebuilt: Promise<ChunkIndex> | undefined
  #chunks: ChunkReader | undefined

  constructor(parts: RepositoryParts) {
    this.store = parts.store
    this.keys = parts.keys
    this.journal = parts.journal
  }

  /** The repository id, 32 bytes: the hash of the journal's first entry. */
  get id(): Uint8Array {
    return this.keys.repository
  }

  /** @throws {KeyError} when no write keys are held. */
  get writeKeys(): WriteKeys {
    if (this.keys.write === undefined) throw missingKey('write')
    return this.keys.write
  }

  /** @throws {KeyError} when no read key is held: a writer's identity cannot read. */
  get readKeys(): ReadKeys {
    if (this.keys.read === undefined) throw missingKey('read')
    return this.keys.read
  }

  /** @throws {KeyError} when no signing key is held. */
  get signing(): SigningKey {
    if (this.keys.signing === undefined) throw missingKey('signing')
    return this.keys.signing
  }

  /** Who may have signed: every member that the journal knows or knew. */
  get signers(): SignedContext {
    return { repository: this.id, publicKeyOf: this.journal.publicKeyOf }
  }

  /** The sealing key for new packs and manifests. */
  get sealing(): { readonly epoch: number; readonly key: Uint8Array } {
    return this.journal.state.sealing.at(-1)!
  }

  get identity(): ChunkIdentity {
    return new ChunkIdentity(this.writeKeys.id)
  }

  get packs(): PackReader {
    return new PackReader({ repository: this.id, readKeys: this.readKeys, identity: this.identity })
  }

  /** Whether a member is an owner now. */
  isOwner(member: Uint8Array): boolean {
    const found = this.journal.member(member)
    return found !== undefined && isOwner(found)
  }

  /** What index segments are opened and believed with. */
  get segmentContext(): SegmentContext {
    return { ...this.signers, indexKey: this.writeKeys.index, maySupersede: (member) => this.isOwner(member) }
  }

  /** Everything that the index segments say; loaded once, and anew for whoever wants to see each segment. */
  loadedIndex(onSegment?: (segment: ReadSegment) => void): Promise<LoadedIndex> {
    if (this.#index === undefined || onSegment !== undefined) this.#index = loadIndex(this.store, this.segmentContext, { onSegment })
    return this.#index
  }

  async index(): Promise<ChunkIndex> {
    return (await this.loadedIndex()).index
  }

  /** The index as the packs' own directories tell it: slow, for when the segments do not know. */
  rebuiltIndex(): Promise<ChunkIndex> {
    this.#rebuilt ??= indexOfPacks(this.store, this.packs)
    return this.#rebuilt
  }

  /** Reads the manifest of a snapshot, checked against the journal. */
  readManifest(snapshot: SnapshotRecord): Promise<Manifest> {
    return readManifest(this.store, snapshot, { ...this.signers, readKeys: this.keys.read })
  }

  /** Reads one proven chunk; `length` in bytes is undefined for lists. */
  readChunk(kind: ChunkKind, id: Uint8Array, length: number | undefined): Promise<Buffer> {
    this.#chunks ??= new ChunkReader({
      store: this.store,
      packs: this.packs,
      index: () => this.index(),
      rebuiltIndex: () => this.rebuiltIndex(),
    })
    return this.#chunks.read(kind, id, length)
  }

  /** Lets go of the blocks that were kept for the next chunk, before other work needs the memory. */
  forgetBlocks(): void {
    this.#chunks = undefined
  }

  /** The items of a stream, lists resolved; a list may stand in a stream again and again, and `isWanted` is asked each time. */
  streamItems(stream: Stream, isWanted?: IsListWanted): AsyncGenerator<StreamItem> {
    return streamItems(stream, this.#readList, isWanted)
  }

  /** The items of a list chunk, which are of depth `depth`. @throws {FormatError} when they do not cover what the item says. */
  listItems(item: StreamItem, depth: number): Promise<StreamItem[]> {
    return listItems(item, depth, this.#readList)
  }

  readonly #readList: ReadList = (id) => this.readChunk(CHUNK_LIST, id, undefined)

  /** The content of a file in pieces of at most 8 MiB. */
  readFile(stream: Stream): AsyncGenerator<Buffer> {
    return streamBytes(stream, CHUNK_DATA, (kind, id, length) => this.readChunk(kind, id, length), this.#readList)
  }

  /** The entries of a directory in order. @throws {FormatError} when they are not sorted across chunks. */
  async *readTree(stream: Stream): AsyncGenerator<Entry> {
    let last: Uint8Array | undefined
    for await (const { id, length } of this.streamItems(stream)) {
      if (id === undefined) throw new FormatError('tree-hole', 'A directory has a hole.')
      for (const entry of decodeEntries(await this.readChunk(CHUNK_TREE, id, length))) {
        if (last !== undefined && compareBytes(last, entry.name) >= 0)
          throw new FormatError('tree-order', 'The entries of a directory are not in order.')
        last = entry.name
        yield entry
      }
    }
  }
}

function missingKey(which: 'write' | 'read' | 'signing'): KeyError {
  const hints = {
    write: 'Use an identity, passphrase or recovery code of this repository.',
    read: 'This identity may only write. Use the identity of an owner or reader, a passphrase, or the recovery code.',
    signing: 'Use an identity file, or a passphrase or recovery code that has a signing key.',
  }
  return new KeyError(`no-${which}-key`, `The ${which} key of this repository is not at hand.`, { hint: hints[which] })
}
