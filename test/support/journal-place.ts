// A repository of the command line with copies of its store and homes, to be rolled back, forked and damaged.

import fs from 'node:fs'
import path from 'node:path'
import { journalKey } from '../../format/store-key.ts'
import { CliPlace } from './cli-process.ts'

/** What a subprocess needs to use one copy of the store with one copy of a home. */
export type PlaceEnv = { readonly CAIRN_REPO: string; readonly CAIRN_HOME: string }

export class JournalPlace extends CliPlace {
  #copies = 0

  /** A repository with `snapshots` snapshots of one small series. */
  static async made(snapshots: number): Promise<JournalPlace> {
    const place = new JournalPlace()
    await place.json(['init', '--name', 'test'])
    for (let round = 1; round <= snapshots; round++) {
      place.write('sample/f', `content ${round}\n`.repeat(100))
      await place.json(['commit', 'sample', '--name', 's'])
    }
    return place
  }

  /** The store and the home as they are now, elsewhere; `store` to keep using another one. */
  copy({ home = this.at('home'), store = this.at('repository') } = {}): PlaceEnv {
    const name = `copy-${++this.#copies}`
    fs.cpSync(store, this.at(name, 'repository'), { recursive: true })
    fs.cpSync(home, this.at(name, 'home'), { recursive: true })
    return { CAIRN_REPO: this.at(name, 'repository'), CAIRN_HOME: this.at(name, 'home') }
  }
}

/** Makes one store the same as another, as a restored disk would be; the place stays where it was. */
export function overwriteStore({ CAIRN_REPO: store }: PlaceEnv, old: PlaceEnv): void {
  for (const name of fs.readdirSync(store)) fs.rmSync(path.join(store, name), { recursive: true })
  fs.cpSync(old.CAIRN_REPO, store, { recursive: true })
}

/** The file of a journal slot. */
export function slotFile({ CAIRN_REPO: store }: PlaceEnv, sequence: number): string {
  return path.join(store, journalKey(sequence))
}

/** The newest journal slot. */
export function lastSlot({ CAIRN_REPO: store }: PlaceEnv): number {
  return Math.max(...fs.readdirSync(path.join(store, 'journal')).map(Number))
}
