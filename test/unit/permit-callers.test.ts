// The only door to deletion and overwriting, held by its callers: who issues permits, and who calls whatever destroys. A new caller
// needs a line here, and a reason that a reader can check.

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const SOURCES = new Map(
  globSync('{src,cli,bin}/**/*.{ts,js}', { cwd: ROOT })
    .sort()
    .map((file) => [file, codeOf(readFileSync(join(ROOT, file), 'utf8'))]),
)

/** A source without comments and imports; what a module defines itself is no call. */
function codeOf(source: string): string {
  return source
    .replace(/(^|\s)\/\*[\s\S]*?\*\//g, '$1')
    .replace(/(^|\s)\/\/.*$/gm, '$1')
    .replace(/^import\s[\s\S]*?from\s+'[^']+'$/gm, '')
    .replace(/\bfunction \w+\(/g, 'function (')
}

function callersOf(pattern: RegExp): string[] {
  return [...SOURCES].filter(([, code]) => pattern.test(code)).map(([file]) => file)
}

interface Primitive {
  readonly name: string
  readonly pattern: RegExp
  /** Who may call it, and why that destroys nothing without a permit. */
  readonly callers: Readonly<Record<string, string>>
}

const OWN_TREE = 'in the staging directory that this restore made'

const PRIMITIVES: readonly Primitive[] = [
  {
    name: 'issuing a permit',
    pattern: /\bissuePermit\(/,
    callers: {
      'src/control/access/authorize.ts': 'for an approved plan',
      'src/repository/lease.ts': 'for the own lease of an operation that ended',
    },
  },
  { name: 'making a permit', pattern: /\bnew Permit\(/, callers: { 'src/runtime/permit.ts': 'issuePermit itself' } },
  {
    name: 'removing an object of a store',
    pattern: /\bstore\s*\.\s*remove\(/,
    callers: {
      'src/operations/key/remove.ts': 'with the permit of an approved plan',
      'src/repository/lease.ts': 'the own lease',
    },
  },
  {
    name: 'exchanging two directories',
    pattern: /\brenameExchange\(/,
    callers: { 'src/targets/swap.ts': 'with the permit of an approved plan' },
  },
  {
    name: 'moving entries of a live directory',
    pattern: /\bmoveEntry\(/,
    callers: {
      'src/targets/exchange-contents.ts': 'with the permit of an approved plan; or into an empty target',
      'src/targets/stale-contents.ts': 'brings a permitted exchange that was killed to its end, and moves over nothing',
    },
  },
  {
    name: 'exchanging the contents of a directory',
    pattern: /\bexchangeContents\(/,
    callers: { 'src/targets/contents-staging.ts': 'for a restore, with the permit that it was given' },
  },
  {
    name: 'renaming over what is there',
    pattern: /\b(renameOver|renameSync|rename)\(/,
    callers: {
      'src/runtime/posix/rename.ts': 'renameat2 itself, which never replaces',
      'src/targets/move-entry.ts': 'to a name that is free',
      'src/targets/rename-over.ts': 'rename(2) by handles',
      'src/targets/swap.ts': 'into an absent or empty target; or with a permit',
      'src/targets/stale-staging.ts': 'brings a permitted swap that was killed to its end',
      'src/targets/staging-marker.ts': 'its own marker',
      'src/repository/journal/spool-files.ts': 'to a fresh random name in the spool',
      'cli/demo/sample.ts': 'in the sample that the demo made',
    },
  },
  {
    name: 'unlinking',
    pattern: /\b(unlinkAt|unlinkSync|unlink|rmSync|rm|rmdirSync|rmdirAt|rmdir|removeTree)\(/,
    callers: {
      'src/repository/store/file-system-store.ts': 'remove, which asks for a permit',
      'src/repository/store/temporary-files.ts': 'temporary files of the store',
      'src/repository/journal/spool-files.ts': 'a record that stands in the journal now',
      'src/targets/contents-staging.ts': 'the tree of an exchange, when all of it was moved: an empty directory',
      'src/targets/entry-creator.ts': OWN_TREE,
      'src/targets/old-entries.ts': 'the directory of the old entries, when all were moved back: an empty one',
      'src/targets/remove-tree.ts': OWN_TREE,
      'src/targets/staging-marker.ts': OWN_TREE,
      'src/targets/staging-directory.ts': OWN_TREE,
      'src/targets/stale-contents.ts': 'the empty tree of an exchange that was killed after its last move',
      'src/targets/stale-staging.ts': 'a staging directory that a killed restore left',
      'src/control/catalog/capture-tables.ts': 'a damaged cache',
      'src/control/catalog/catalog-database.ts': 'the new catalog that it made under a random name',
      'src/control/catalog/stale-rows.ts': 'cache files of captures, by their whole name, that nobody used for long',
      'src/control/session/identities.ts': 'an identity file that could not be written to its end',
      'cli/commands/init.ts': 'what a refused init made: its own code file without a code, its own directory while it is empty',
      'cli/demo/sample.ts': 'in the sample that the demo made',
    },
  },
  {
    name: 'writing over files',
    pattern:
      /\bfs\.writeFile\(|await writeFile\(|\b(writeFileSync|copyFileSync|copyFile|cpSync|cp|truncateSync|ftruncateSync|truncate|createWriteStream)\(|\bO_TRUNC\b|'(w|w\+)'/,
    callers: {
      'src/control/catalog/catalog-database.ts': 'a new catalog, exclusively (COPYFILE_EXCL)',
      'src/control/session/identities.ts': 'into the file that it made exclusively',
      'src/targets/content.ts': OWN_TREE,
      'src/targets/file-writer.ts': OWN_TREE,
      'cli/commands/init.ts': 'into the file that it made exclusively',
      'cli/demo/sample.ts': 'the sample that the demo makes',
    },
  },
]

describe('who may', () => {
  test.each(PRIMITIVES)('$name', ({ pattern, callers }) => {
    expect(callersOf(pattern)).toEqual(Object.keys(callers).sort())
  })

  test('the scan sees sources at all', () => {
    expect(SOURCES.size).toBeGreaterThan(150)
    expect(callersOf(/\bassertPermit\(/)).toEqual([
      'src/repository/store/file-system-store.ts',
      'src/repository/store/memory-store.ts',
      'src/targets/exchange-contents.ts',
      'src/targets/swap.ts',
    ])
    expect(codeOf("import { rename } from 'x'\n/** unlink( */\nfunction rename() {}\nrename(a) // rmSync(")).toBe(
      '\n\nfunction () {}\nrename(a) ',
    )
  })
})

describe('a permit is asked for first', () => {
  test.each([
    [
      'src/repository/store/file-system-store.ts',
      /async remove\(key: string, permit: Permit\)[^}]*?assertPermit\(permit, key\)[^}]*?await unlink\(/,
    ],
    [
      'src/repository/store/memory-store.ts',
      /async remove\(key: string, permit: Permit\)[^}]*?assertPermit\(permit, key\)[^}]*?\.delete\(key\)/,
    ],
    ['src/targets/exchange-contents.ts', /assertPermit\(permit, target\.path\)[\s\S]*?moveAll\([\s\S]*?moveEntry\(/],
    ['src/targets/swap.ts', /assertPermit\(options\.permit, place\.path\)[\s\S]*?renameExchange\(/],
  ])('%s', (file, order) => {
    expect(SOURCES.get(file)).toMatch(order)
  })
})
