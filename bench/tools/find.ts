import { findBorg } from './borg.ts'
import { findCairn } from './cairn.ts'
import { findRestic } from './restic.ts'
import type { BackupTool, MissingTool, ToolName } from './tool.ts'

/** Starts each tool once for its version; those that do not answer are reported as missing, never guessed. */
export function findTools(names: readonly ToolName[], peersDir: string): { found: BackupTool[]; missing: MissingTool[] } {
  const found: BackupTool[] = []
  const missing: MissingTool[] = []
  for (const name of names) {
    const tool = findTool(name, peersDir)
    if (tool === undefined)
      missing.push({ name, reason: name === 'cairn' ? 'bin/cairn.js does not run' : `neither in ${peersDir} nor on PATH` })
    else found.push(tool)
  }
  return { found, missing }
}

function findTool(name: ToolName, peersDir: string): BackupTool | undefined {
  switch (name) {
    case 'cairn':
      return findCairn()
    case 'restic':
      return findRestic(peersDir)
    case 'borg':
      return findBorg(peersDir)
  }
}
