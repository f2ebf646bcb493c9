// Holds the layers: which folder may import which, where a vendor may be named, and that time and chance have one door.
// The table below is the law; a new folder or a new way down needs a line here and a reason in docs/.

import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const ANYTHING = 'anything'

const BASE = ['format', 'src/errors.ts', 'src/runtime']
const STAGES = stages('store', 'chunk', 'crypto', 'journal', 'pack', 'workers', 'objects')
const REPOSITORY = ['src/repository', ...STAGES]
const BELOW_OPERATIONS = [...BASE, ...REPOSITORY, 'src/sources', 'src/targets']
const BELOW_CONTROL = [...BELOW_OPERATIONS, 'src/operations', 'src/operations/*']

/** Area (a folder or a file) to the areas that it may import besides itself. A path belongs to the longest area that it lies in. */
const MAY_IMPORT: Readonly<Record<string, readonly string[] | typeof ANYTHING>> = {
  format: [],
  'format/vectors': [...BASE, ...REPOSITORY],
  'src/errors.ts': ['format'],
  'src/runtime': ['format', 'src/errors.ts'],
  'src/repository/store': BASE,
  'src/repository/chunk': BASE,
  'src/repository/crypto': BASE,
  'src/repository/journal': [...BASE, ...stages('store', 'crypto')],
  'src/repository/pack': [...BASE, ...stages('store', 'chunk', 'crypto')],
  'src/repository/workers': [...BASE, ...stages('chunk', 'crypto', 'pack')],
  'src/repository/objects': [...BASE, ...stages('store', 'chunk', 'crypto', 'journal', 'pack', 'workers')],
  'src/repository': [...BASE, ...STAGES],
  'src/sources': BASE,
  'src/targets': BASE,
  'src/operations': BELOW_OPERATIONS,
  // One verb; it may import its own folder and the files beside the verbs, never a sibling.
  'src/operations/*': [...BELOW_OPERATIONS, 'src/operations'],
  'src/control': BELOW_CONTROL,
  'src/index.ts': [...BELOW_CONTROL, 'src/control'],
  'src/server': [...BELOW_CONTROL, 'src/control', 'src/index.ts'],
  cli: [...BELOW_CONTROL, 'src/control', 'src/index.ts', 'src/server'],
  test: ANYTHING,
  bench: ANYTHING,
}

/** Vendor to the path prefixes that may name it. Tests and benchmarks may name any. */
const VENDOR_HOMES: Readonly<Record<string, readonly string[]>> = {
  'better-sqlite3': ['src/control/catalog', 'src/sources/sqlite'],
  yargs: ['cli/'],
  'libsodium-wrappers': ['src/repository/crypto/'],
  '@noble/ciphers': ['src/repository/crypto/'],
  koffi: ['src/runtime/posix'],
  pg: ['src/sources/postgres'],
  '@aws-sdk/client-s3': ['src/repository/store/s3'],
}

const TIME_AND_CHANCE = [
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /\bMath\.random\b/,
  /\bperformance\.now\b/,
  /\bprocess\.hrtime\b/,
  /\.(randomBytes|randomUUID|randomInt|randomFill|randomFillSync|getRandomValues)\b/,
  /\bimport\s*\{[^}]*\b(random\w+|getRandomValues|webcrypto)\b[^}]*\}\s*from\s*'(node:)?crypto'/,
  /\bfrom\s*'(node:)?perf_hooks'/,
]

function stages(...names: string[]): string[] {
  return names.map((name) => `src/repository/${name}`)
}

function withoutComments(source: string): string {
  return source.replace(/(^|[\s(,{])\/\*[\s\S]*?\*\//g, '$1').replace(/(^|\s)\/\/.*$/gm, '$1')
}

const IMPORT = /(?<![.\w])(?:from|import\s*\(|import)\s*['"`]([^'"`]+)['"`]/g
const REQUIRE = /(?:\brequire|\bcreateRequire\([^()]*\))\s*\(\s*['"`]([^'"`]+)['"`]/g
const WORKER = /\bnew URL\(\s*['"`](\.[^'"`]+\.ts)['"`]\s*,\s*import\.meta\.url/g
const WORKER_BY_NAME = /\bworkerModule\(\s*['"`](?:\.\/)?([^'"`]+)['"`]\s*,\s*import\.meta\.url/g

/** Every module that a source names: imports and re-exports, static and dynamic, what a created `require` loads, worker entries. */
function importsOf(source: string): string[] {
  const code = withoutComments(source)
  const named = [IMPORT, REQUIRE, WORKER].flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''))
  return [...named, ...[...code.matchAll(WORKER_BY_NAME)].map((match) => `./${match[1]}.ts`)]
}

function areaOf(path: string): string | undefined {
  const verb = /^src\/operations\/([^/]+)\//.exec(path)
  if (verb) return `src/operations/${verb[1]}`
  return Object.keys(MAY_IMPORT)
    .filter((area) => path === area || path.startsWith(`${area}/`))
    .sort((a, b) => b.length - a.length)[0]
}

function ruleOf(area: string): string {
  return /^src\/operations\/./.test(area) ? 'src/operations/*' : area
}

/** What is wrong with `file` naming `name`, or undefined. */
function flaw(file: string, name: string): string | undefined {
  const area = areaOf(file)
  if (area === undefined) return `${file} lies in no known area`
  const allowed = MAY_IMPORT[ruleOf(area)] ?? []
  if (allowed === ANYTHING) return undefined
  if (!name.startsWith('.')) return vendorFlaw(file, area, name)
  const target = posix.join(posix.dirname(file), name)
  const targetArea = areaOf(target)
  if (targetArea === area || (targetArea !== undefined && allowed.includes(ruleOf(targetArea)))) return undefined
  return `${file} (${area}) may not import ${target} (${targetArea ?? 'no known area'})`
}

function vendorFlaw(file: string, area: string, name: string): string | undefined {
  if (name.startsWith('node:')) return area === 'format' ? `${file} may not import ${name}: the format is pure` : undefined
  const vendor = name.split('/', name.startsWith('@') ? 2 : 1).join('/')
  if (!SHIPPED.has(vendor)) return `${file} imports ${vendor}, which is not among the dependencies of package.json`
  const homes = VENDOR_HOMES[vendor]
  return homes === undefined || homes.some((home) => file.startsWith(home))
    ? undefined
    : `${file} may not import ${vendor}: only ${homes.join(', ')}`
}

function foldersIn(folder: string): string[] {
  return globSync(`${folder}/*/`, { cwd: ROOT }).map((path) => path.replace(/\/$/, ''))
}

const PACKAGE = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
const SHIPPED = new Set(Object.keys(PACKAGE.dependencies))
const FILES = globSync('{cli,src,format,test,bench}/**/*.ts', { cwd: ROOT }).sort()
const SOURCES = new Map(FILES.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]))

describe('layers', () => {
  test('imports run downwards only and vendors stay at home', () => {
    const imports = [...SOURCES].flatMap(([file, source]) => importsOf(source).map((name) => ({ file, name })))
    expect(imports.filter(({ file }) => /^(src|format)\//.test(file)).length).toBeGreaterThan(0)
    expect(imports.map(({ file, name }) => flaw(file, name)).filter((found) => found !== undefined)).toEqual([])
  })

  test('every folder is a known layer', () => {
    const known = new Set(Object.keys(MAY_IMPORT))
    const layered = [...foldersIn('src'), ...foldersIn('src/repository'), ...foldersIn('format')]
    expect(layered.filter((folder) => !known.has(folder))).toEqual([])
  })

  test('time and chance come in through src/runtime only', () => {
    const guarded = [...SOURCES].filter(([file]) => !/^(src\/runtime|test|bench)\//.test(file))
    const named = guarded.flatMap(([file, source]) => {
      const code = withoutComments(source)
      return TIME_AND_CHANCE.filter((pattern) => pattern.test(code)).map((pattern) => `${file}: ${pattern.exec(code)?.[0]}`)
    })
    expect(named).toEqual([])
  })
})

test('the independent reader is one file of at most 500 lines on published libraries', () => {
  const reader = SOURCES.get('test/independent-reader.ts')!
  expect(reader.trimEnd().split('\n').length).toBeLessThanOrEqual(500)
  expect(importsOf(reader).filter((name) => !/^(node:|@noble\/)/.test(name))).toEqual([])
})

describe('the rules themselves', () => {
  test.each([
    ['format/tree.ts', '../src/errors.ts'],
    ['format/tree.ts', 'node:fs'],
    ['src/runtime/clock.ts', '../repository/open.ts'],
    ['src/repository/store/memory-store.ts', '../crypto/hash.ts'],
    ['src/repository/pack/reader.ts', '../repository.ts'],
    ['src/sources/filesystem/walk.ts', '../../repository/open.ts'],
    ['src/operations/commit/commit.ts', '../restore/plan.ts'],
    ['src/operations/commit/commit.ts', '../../control/access.ts'],
    ['src/control/jobs.ts', '../../cli/main.ts'],
    ['src/control/jobs.ts', '../index.ts'],
    ['src/unheard-of/thing.ts', '../errors.ts'],
    ['src/control/jobs.ts', 'better-sqlite3'],
    ['src/control/jobs.ts', 'yargs/helpers'],
    ['src/repository/pack/reader.ts', 'libsodium-wrappers'],
    ['cli/main.ts', 'koffi'],
    ['cli/main.ts', 'vitest'],
  ])('%s may not import %s', (file, name) => {
    expect(flaw(file, name)).toBeDefined()
  })

  test.each([
    ['src/operations/commit/commit-thread.ts', '../../repository/chunk/gear.ts'],
    ['src/operations/commit/commit.ts', '../progress.ts'],
    ['src/operations/commit/commit.ts', './plan.ts'],
    ['src/control/catalog.ts', 'better-sqlite3'],
    ['cli/commands/commit.ts', '../../src/operations/commit/commit.ts'],
    ['cli/options.ts', 'yargs/helpers'],
  ])('%s may import %s', (file, name) => {
    expect(flaw(file, name)).toBeUndefined()
  })

  test('every way of naming a module is seen', () => {
    const source = [
      "import { a } from './a.ts'",
      "import type {\n  B,\n} from './b.ts'",
      "export * from './c.ts'",
      "const glob = 'x/*' // not a comment",
      "import './d.ts'",
      "const e = await import('./e.ts')",
      "const f = createRequire(import.meta.url)('./f.ts')",
      "new Worker(new URL('./g.ts', import.meta.url))",
      "workerModule('h', import.meta.url)",
      "// import './comment.ts'",
      "/* import './block.ts' */",
      "Buffer.from('00ff')",
    ].join('\n')
    expect(importsOf(source)).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts', './g.ts', './h.ts'])
  })
})
