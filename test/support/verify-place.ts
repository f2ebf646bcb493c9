// A repository in a directory that `verify` tests break and verify: two snapshots of a small tree, made once, copied for each test.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { IdentityFile } from '../../format/identity-file.ts'
import { type VerifyOptions, type VerifyOutcome, verify } from '../../src/operations/verify/verify.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { FileSystemStore } from '../../src/repository/store/file-system-store.ts'
import { commitDirectory, reopen, repositoryFixture } from './repository-fixture.ts'
import { noise } from './sample-tree.ts'

/** Paths and sizes in the tree; each file lies in a block of its own once it is larger than a block. */
const FILES: Readonly<Record<string, number>> = { 'a/one': 3000, 'a/two': 200_000, 'b/three': 5000, 'b/c/four': 10, large: 6 << 20 }

export class VerifyPlace {
  readonly directory: string
  readonly identity: IdentityFile
  /** Ids of the snapshots, hexadecimal. */
  readonly snapshots: readonly string[]

  private constructor(directory: string, identity: IdentityFile, snapshots: readonly string[]) {
    this.directory = directory
    this.identity = identity
    this.snapshots = snapshots
  }

  /** Makes the repository: the second snapshot has one file more, and is of another series. */
  static async make(): Promise<VerifyPlace> {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-verify-'))
    const tree = path.join(directory, 'tree')
    Object.entries(FILES).forEach(([name, size], i) => write(path.join(tree, name), noise(i + 1, size)))
    const { repository, identity } = await repositoryFixture(await FileSystemStore.create(path.join(directory, 'store')))
    const first = await commitDirectory(repository, tree, 'one')
    write(path.join(tree, 'b/five'), noise(9, 70_000))
    const second = await commitDirectory(repository, tree, 'two')
    return new VerifyPlace(
      directory,
      identity,
      [first, second].map(({ manifest }) => Buffer.from(manifest).toString('hex')),
    )
  }

  /** A copy of the store that may be broken. */
  copy(): string {
    const root = fs.mkdtempSync(path.join(this.directory, 'copy-'))
    fs.cpSync(path.join(this.directory, 'store'), root, { recursive: true })
    return root
  }

  async open(root: string): Promise<Repository> {
    return reopen(await FileSystemStore.open(root), this.identity)
  }

  async verify(root: string, options: VerifyOptions = {}): Promise<VerifyOutcome> {
    return verify(await this.open(root), options)
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true })
  }
}

/** The files below a folder of a store, largest first. */
export function storeFiles(root: string, folder: string): string[] {
  const found = fs.readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const files = found.map((entry) => path.join(entry.parentPath, entry.name))
  return files.sort((a, b) => fs.statSync(b).size - fs.statSync(a).size || (a < b ? -1 : 1))
}

/** Changes bytes of a file in place. */
export function damage(file: string, change: (bytes: Buffer) => Uint8Array): void {
  const changed = change(fs.readFileSync(file))
  fs.rmSync(file)
  fs.writeFileSync(file, changed)
}

/** Turns one bit; an offset below zero counts from the end. */
export function flip(file: string, offset: number): void {
  damage(file, (bytes) => {
    const at = offset < 0 ? bytes.length + offset : offset
    bytes[at]! ^= 1
    return bytes
  })
}

/** The paths that a problem harms, as text. */
export function pathsOf({ paths }: { readonly paths: readonly Uint8Array[] }): string[] {
  return paths.map((each) => Buffer.from(each).toString()).sort()
}

function write(file: string, bytes: Uint8Array): void {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, bytes)
}
