import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../command.ts'
import { versionLine } from '../measure.ts'
import type { BackupTool, Site } from './tool.ts'

const LAUNCHER = join(import.meta.dirname, '../../bin/cairn.js')

/** Cairn of this checkout, or `undefined` when it does not run. */
export function findCairn(): BackupTool | undefined {
  if (!existsSync(LAUNCHER)) return undefined
  const version = versionLine({ file: process.execPath, args: [LAUNCHER, '--version'], env: {} })
  if (version === undefined) return undefined
  const run = (site: Site, ...args: string[]): Command => ({
    file: process.execPath,
    args: [LAUNCHER, ...args],
    env: { HOME: site.home, CAIRN_HOME: join(site.home, 'cairn'), XDG_CACHE_HOME: site.cache, CAIRN_REPO: site.repository },
  })
  return {
    name: 'cairn',
    version: `cairn ${version.replace(/^cairn /, '')}`,
    settings: 'defaults',
    init: (site) => run(site, 'init', site.repository),
    commit: (site, path, snapshot) => run(site, 'commit', path, '--name', 'bench', '-m', snapshot, '--json'),
    log: (site) => run(site, 'log'),
    restore: (site, _snapshot, target) => run(site, 'restore', 'latest', '--to', target),
    verify: (site) => run(site, 'verify', '--data'),
  }
}
