// The commands in the order of `--help`, each with the way to its module.

import type { AnyCommand } from './run.ts'

export const COMMANDS: Readonly<Record<string, () => Promise<{ readonly command: AnyCommand }>>> = {
  init: () => import('./commands/init.ts'),
  commit: () => import('./commands/commit.ts'),
  log: () => import('./commands/log.ts'),
}
