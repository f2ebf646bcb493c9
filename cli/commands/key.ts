// `cairn key`: who can open the repository, and who may do what.

import { defineGroup } from '../run.ts'
import { add } from './key/add.ts'
import { exportWriter } from './key/export.ts'
import { list } from './key/list.ts'
import { remove } from './key/remove.ts'

export const command = defineGroup({
  command: 'key',
  describe: 'who can open the repository: list, add, remove, export',
  examples: [
    ['cairn key list', 'who may do what, and what opens the repository'],
    ['cairn key add --new-recovery-code', 'another recovery code'],
    ['cairn key export --writer --series db1 -o db1.json', 'an identity that commits to this series, and reads nothing'],
    ['cairn key remove 91ab --plan', 'what removing a slot means, before it is done'],
  ],
  commands: [list, add, remove, exportWriter],
})
