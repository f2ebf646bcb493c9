// What acts on a repository without a command line: a home with a catalog, an actor, an open repository in memory.

import fs from 'node:fs'
import type { IdentityFile } from '../../format/identity-file.ts'
import type { ActingSession, Decision, PlanParts } from '../../src/control/access/authorize.ts'
import { Catalog } from '../../src/control/catalog/catalog.ts'
import type { JournalLine } from '../../src/repository/journal/entries.ts'
import type { Repository } from '../../src/repository/repository.ts'
import type { ObjectStore } from '../../src/repository/store/object-store.ts'
import { reopen, repositoryFixture } from './repository-fixture.ts'

export interface ActingPlace extends ActingSession {
  readonly identity: IdentityFile
}

/** A new repository, and its owner acting on it in a home of its own. */
export async function actingOwner(directory: string, actor = 'person:ann', store?: ObjectStore): Promise<ActingPlace> {
  const { repository, identity } = await repositoryFixture(store)
  return actingOn(repository, identity, directory, actor)
}

/** Somebody acting on a repository that exists. */
export function actingOn(repository: Repository, identity: IdentityFile, directory: string, actor: string): ActingPlace {
  fs.mkdirSync(directory, { recursive: true })
  const home = { directory, cacheDirectory: directory }
  return { actor, identity, home, catalog: new Catalog(directory), repository }
}

/** The same client under another name: an agent, a schedule. */
export function as(place: ActingPlace, actor: string): ActingPlace {
  return { ...place, actor }
}

/** Another identity on the same machine. */
export async function withIdentity(place: ActingPlace, identity: IdentityFile, actor: string): Promise<ActingPlace> {
  return { ...place, actor, identity, repository: await reopen(place.repository.store, identity) }
}

export function parts(changes: Partial<PlanParts> = {}): PlanParts {
  return {
    operation: 'restore',
    objects: ['snapshot'],
    destroys: ['/srv/shop'],
    target: '/srv/shop',
    fingerprint: async () => Buffer.from('as it was'),
    series: 'shop',
    consequence: 'What is at /srv/shop is replaced.',
    ...changes,
  }
}

/** A decision that remembers what it was told. */
export function decision(changes: Partial<Decision> = {}): Decision & { readonly remarks: string[] } {
  const remarks: string[] = []
  return { planOnly: false, remark: (text) => void remarks.push(text), remarks, ...changes }
}

/** The events of the journal since a sequence, those in audit batches included. */
export async function eventsSince(
  { repository }: ActingPlace,
  sequence: number,
): Promise<{ event: string; details: Record<string, unknown> }[]> {
  await repository.journal.refresh()
  const events: { event: string; details: Record<string, unknown> }[] = []
  for await (const { entry, details, records } of repository.journal.entries({ from: sequence + 1 })) {
    if (entry !== undefined && records === undefined) events.push({ event: entry.event, details: plain(details) })
    for (const { record, details: of } of records ?? []) if (record !== undefined) events.push({ event: record.event, details: plain(of) })
  }
  return events
}

function plain(details: JournalLine['details']): Record<string, unknown> {
  return { ...details }
}
