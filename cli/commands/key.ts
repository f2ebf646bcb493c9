// `cairn key`: who can open the repository, and who may do what.

import { defineGroup } from '../run.ts'
import { add } from './key/add.ts'
import { exportWriter } from './key/export.ts'
import { list } from './key/list.ts'
import { remove } from './key/remove.ts'

export const command = defineGroup({
  command: 'key',
  describe: 'who can open the repository: list, add, remove, export',
  commands: [list, add, remove, exportWriter],
})
