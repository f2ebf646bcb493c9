import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../command.ts'
import { versionLine } from '../measure.ts'
import type { BackupTool, Site } from './tool.ts'

/** How a borg is started in a working directory, and how it sees the paths of this machine. */
interface BorgInstallation {
  path(hostPath: string): string
  command(cwd: string, args: readonly string[], env: Readonly<Record<string, string>>): Command
}

/** borg 1 from `peersDir` (plain, or in a Debian tree at `sid/`) or PATH, or `undefined` when it does not run. */
export function findBorg(peersDir: string): BackupTool | undefined {
  const chroot = join(peersDir, 'sid')
  const own = join(peersDir, 'borg')
  const installation = existsSync(join(chroot, 'usr/bin/borg')) ? inChroot(chroot) : plain(existsSync(own) ? own : 'borg')
  const version = versionLine(installation.command('/', ['--version'], {}))
  if (version === undefined) return undefined
  const run = (site: Site, cwd: string, ...args: string[]): Command => installation.command(cwd, args, siteEnvironment(installation, site))
  const archive = (site: Site, snapshot = ''): string => installation.path(site.repository) + (snapshot && `::${snapshot}`)
  return {
    name: 'borg',
    version,
    settings: 'zstd,3, repokey',
    init: (site) => run(site, '/', 'init', '--encryption', 'repokey', archive(site)),
    commit: (site, path, snapshot) => run(site, path, 'create', '--compression', 'zstd,3', archive(site, snapshot), '.'),
    log: (site) => run(site, '/', 'list', archive(site)),
    restore: (site, snapshot, target) => run(site, target, 'extract', archive(site, snapshot)),
    verify: (site) => run(site, '/', 'check', '--verify-data', archive(site)),
  }
}

/** The base directory is the site's home: keys and the counters against replay stay there, and only the cache is emptied. */
function siteEnvironment(installation: BorgInstallation, site: Site): Record<string, string> {
  return {
    HOME: installation.path(site.home),
    BORG_BASE_DIR: installation.path(site.home),
    BORG_CACHE_DIR: installation.path(site.cache),
    BORG_PASSPHRASE: 'bench',
  }
}

function plain(file: string): BorgInstallation {
  return { path: (hostPath) => hostPath, command: (cwd, args, env) => ({ file, args, cwd, env }) }
}

/**
 * Runs borg inside a tree of its own system, this machine's root bound to /host in a private mount namespace: needs root. borg extracts
 * into its working directory, which chroot resets to /, so it is entered inside.
 */
function inChroot(root: string): BorgInstallation {
  const path = (hostPath: string): string => join('/host', hostPath)
  const enter = 'mount --rbind / "$0/host" && exec chroot "$0" /bin/sh -c \'cd "$0" && exec borg "$@"\' "$@"'
  return {
    path,
    command: (cwd, args, env) => ({
      file: 'unshare',
      args: ['--mount', '--propagation', 'private', 'sh', '-c', enter, root, path(cwd), ...args],
      env,
    }),
  }
}
