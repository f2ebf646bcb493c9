// One interface over the backup tools that are compared: each operation is a command line, so that all are measured the same way.

import type { Command } from '../command.ts'

export const TOOL_NAMES = ['cairn', 'restic', 'borg'] as const
export type ToolName = (typeof TOOL_NAMES)[number]

/** Where one tool works during one round: nothing of it exists before, and no other tool sees it. */
export interface Site {
  readonly repository: string
  /** HOME, identity and settings; set back to what `init` left before first commit, log, restore and verify. */
  readonly home: string
  /** What the tool may lose at any time; emptied before the same operations. */
  readonly cache: string
}

export interface BackupTool {
  readonly name: ToolName
  readonly version: string
  /** How it is set up, for the report. */
  readonly settings: string
  init(site: Site): Command
  commit(site: Site, path: string, snapshot: string): Command
  log(site: Site): Command
  /** Restores into `target`, which exists and is empty. */
  restore(site: Site, snapshot: string, target: string): Command
  /** Reads and authenticates every stored byte. */
  verify(site: Site): Command
}

/** A tool that could not be found or started, and why. */
export interface MissingTool {
  readonly name: ToolName
  readonly reason: string
}
