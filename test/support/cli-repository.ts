// A repository that the real program made, with a tree to back up, looked at from outside: the tests read it without the program.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { readIdentity } from '../../src/control/session/identities.ts'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { CliPlace } from './cli-process.ts'
import { MemoryOfPins, openAs, type TestOwner } from './repository.ts'
import { noise } from './sample-tree.ts'
import { keysOf } from './stored-objects.ts'
import { linesInSnapshot, type TreeLines } from './tree.ts'

export class CliRepository {
  readonly place: CliPlace
  readonly tree: string
  readonly store: FileSystemStore
  readonly owner: TestOwner

  private constructor(place: CliPlace, store: FileSystemStore, owner: TestOwner) {
    this.place = place
    this.tree = place.at('tree')
    this.store = store
    this.owner = owner
  }

  /** Runs `init`, and makes a tree of some hundred files. */
  static async make(): Promise<CliRepository> {
    const place = new CliPlace()
    const { identityFile, recoveryCode } = await place.json(['init'])
    for (let i = 0; i < 300; i++) place.write(path.join('tree', `directory-${i % 20}`, `file-${i}`), noise(i, 1000 + 50 * i))
    const owner = { identity: readIdentity(identityFile)!, recoveryCode, memory: new MemoryOfPins() }
    return new CliRepository(place, await FileSystemStore.open(place.at('repository')), owner)
  }

  /** Snapshots from a position on, read without the program. */
  async snapshots(from = 0): Promise<TreeLines[]> {
    const repository = await openAs(this.store, this.owner)
    const found: TreeLines[] = []
    for (const snapshot of repository.journal.state.snapshots.slice(from)) found.push(await linesInSnapshot(repository, snapshot))
    return found
  }

  async leases(): Promise<string[]> {
    return (await keysOf(this.store)).filter((key) => key.startsWith('leases/'))
  }

  /** What an interrupted writer left where files are made before they get their name. */
  temporaries(): string[] {
    return fs.readdirSync(this.place.at('repository', 'tmp')).map((name) => this.place.at('repository', 'tmp', name))
  }

  /** Starts the program and ends it with a signal after some time; its exit code, null when the signal ended it. */
  async interrupt(args: readonly string[], signal: NodeJS.Signals, afterMs: number): Promise<number | null> {
    const child = this.place.start(args)
    child.stdout?.resume()
    child.stderr?.resume()
    const timer = setTimeout(() => child.kill(signal), afterMs)
    const code = await exitOf(child)
    clearTimeout(timer)
    return code
  }

  async remove(): Promise<void> {
    await this.store.close()
    this.place.remove()
  }
}

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'close')) as [number | null]
  return code
}
