// What the options of `commit` say of the source, and of what is left out.

import path from 'node:path'
import { LIMITS } from '../format/limits.ts'
import { isEntryName } from '../format/names.ts'
import { readNamedFile } from '../src/control/session/named-file.ts'
import { UsageError } from '../src/errors.ts'
import { defaultSeries } from '../src/operations/commit/series.ts'
import { type CaptureRoot, captureRoot } from '../src/sources/filesystem/selection.ts'
import type { GlobalArgs } from './options.ts'

export interface CommitArgs extends GlobalArgs {
  readonly path: string[] | undefined
  readonly name: string | undefined
  readonly message: string | undefined
  readonly tag: string[] | undefined
  readonly source: string | undefined
  readonly environment: string | undefined
  readonly requestId: string | undefined
  readonly applicationVersion: string | undefined
  readonly storageSpecVersion: string | undefined
  readonly exclude: string[] | undefined
  readonly excludeFile: string[] | undefined
  readonly excludeCaches: boolean
  readonly oneFileSystem: boolean
  readonly stdin: string | undefined
  readonly dryRun: boolean
  readonly reread: boolean
}

export interface SourceOf {
  readonly root: CaptureRoot
  /** Name of the only file, as latin1 text, when standard input is captured. */
  readonly stdin?: string
  readonly defaultName: string
}

/** What is to be captured. @throws {UsageError} when that is nothing, or does not go together. */
export async function sourceOf(args: CommitArgs): Promise<SourceOf> {
  const { path: paths = [], stdin, name, dryRun } = args
  if (stdin !== undefined) {
    refuseTreeOptions(args)
    return stdinSource(stdin, paths, dryRun)
  }
  if (paths.length === 0)
    throw new UsageError('nothing-to-commit', 'No path was named.', { hint: 'Name a path, or give a stream with --stdin NAME.' })
  const root = captureRoot(paths)
  if (root.roots.length > 1 && name === undefined) {
    throw new UsageError('series-needed', 'Several paths need a series name.', { hint: 'Give one with --name SERIES.' })
  }
  return { root, defaultName: name ?? defaultSeries(root.roots[0]!.path.toString('utf8')) }
}

/** What is about a tree says nothing about a stream. */
function refuseTreeOptions({ exclude, excludeFile, excludeCaches, oneFileSystem, reread }: CommitArgs): void {
  const given = Object.entries({
    exclude,
    'exclude-file': excludeFile,
    'exclude-caches': excludeCaches,
    'one-file-system': oneFileSystem,
    reread,
  })
  const [option] = given.find(([, value]) => value !== undefined && value !== false) ?? []
  if (option === undefined) return
  throw new UsageError('stdin-option', `--${option} does not go with --stdin.`, { hint: 'A stream is backed up as it comes.' })
}

function stdinSource(stdin: string, paths: readonly string[], dryRun: boolean): SourceOf {
  if (paths.length > 0)
    throw new UsageError('stdin-and-paths', 'Standard input and paths cannot be captured together.', { hint: 'Make two commits.' })
  if (dryRun)
    throw new UsageError('stdin-dry-run', 'A stream can be read only once, so there is no dry run of it.', { hint: 'Leave out --dry-run.' })
  const name = Buffer.from(stdin)
  if (!isEntryName(name))
    throw new UsageError('stdin-name', `'${stdin}' cannot name a file.`, { hint: 'Use 1 to 255 bytes without a slash.' })
  const root: CaptureRoot = { path: Buffer.from('/'), roots: [{ path: Buffer.from(`stdin:${stdin}`), at: name }] }
  return { root, stdin: name.toString('latin1'), defaultName: defaultSeries(stdin) }
}

/**
 * All gitignore patterns, those of files first.
 * @throws {UsageError} `exclude-file` when one cannot be read, or is larger than a manifest; `exclude-pattern` for one that can match nothing.
 */
export function excludePatterns({ exclude = [], excludeFile = [] }: CommitArgs): string[] {
  for (const pattern of exclude) assertPattern(pattern, '--exclude')
  return [...excludeFile.flatMap(patternsIn), ...exclude]
}

function patternsIn(file: string): string[] {
  const rules = { subject: `The file of patterns ${file}`, code: 'exclude-file', mostBytes: LIMITS.manifestRawBytes }
  const lines = readNamedFile(path.resolve(file), rules).split(/\r?\n/)
  const isPattern = (line: string): boolean => line.trim() !== '' && !line.startsWith('#')
  for (const [index, line] of lines.entries()) if (isPattern(line)) assertPattern(line, `line ${index + 1} of ${file}`)
  return lines.filter(isPattern)
}

/** gitignore takes a slip for a pattern that matches nothing, and what was to be left out is backed up. */
function assertPattern(pattern: string, where: string): void {
  const plain = pattern.replace(/\\./gs, '')
  const flaw = plain.endsWith('\\') ? 'a backslash stands at its end' : /\[!?\]?[^\]]*$/.test(plain) ? 'a [ in it is not closed' : undefined
  if (flaw === undefined) return
  throw new UsageError('exclude-pattern', `'${pattern}' (${where}) can match nothing: ${flaw}.`, {
    hint: 'Write \\[ for a bracket in a name, and \\\\ for a backslash.',
  })
}
