import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../command.ts'
import { versionLine } from '../measure.ts'
import type { BackupTool, Site } from './tool.ts'

/** restic from `peersDir` or PATH, or `undefined` when it does not run. */
export function findRestic(peersDir: string): BackupTool | undefined {
  const own = join(peersDir, 'restic')
  const file = existsSync(own) ? own : 'restic'
  const version = versionLine({ file, args: ['version'], env: {} })
  if (version === undefined) return undefined
  const run = (site: Site, ...args: string[]): Command => ({
    file,
    args: ['--repo', site.repository, '--cache-dir', site.cache, ...args],
    env: { HOME: site.home, RESTIC_PASSWORD: 'bench' },
  })
  return {
    name: 'restic',
    version: version.split(' ').slice(0, 2).join(' '),
    settings: 'compression auto',
    init: (site) => run(site, 'init'),
    commit: (site, path, snapshot) => run(site, 'backup', '--tag', snapshot, path),
    log: (site) => run(site, 'snapshots'),
    restore: (site, snapshot, target) => run(site, 'restore', 'latest', '--tag', snapshot, '--target', target),
    verify: (site) => run(site, 'check', '--read-data'),
  }
}
