// The commands in the order of `--help`, each with the way to its module.

import type { AnyCommand } from './run.ts'

export const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: AnyCommand }>>> = {
  init: () => import('./commands/init.ts'),
  commit: () => import('./commands/commit.ts'),
  log: () => import('./commands/log.ts'),
  restore: () => import('./commands/restore.ts'),
  show: () => import('./commands/show.ts'),
  ls: () => import('./commands/ls.ts'),
  cat: () => import('./commands/cat.ts'),
  find: () => import('./commands/find.ts'),
  diff: () => import('./commands/diff.ts'),
  stats: () => import('./commands/stats.ts'),
  tag: () => import('./commands/tag.ts'),
  verify: () => import('./commands/verify.ts'),
  key: () => import('./commands/key.ts'),
  grant: () => import('./commands/grant.ts'),
  journal: () => import('./commands/journal.ts'),
  repair: () => import('./commands/repair.ts'),
  status: () => import('./commands/status.ts'),
  completion: () => import('./commands/completion.ts'),
}

/** The commands below a command. */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  key: ['list', 'add', 'remove', 'export'],
  grant: ['issue', 'list', 'revoke'],
  journal: ['verify', 'accept'],
  repair: ['index'],
}
