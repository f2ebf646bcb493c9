// `cairn key list`: members and key slots.

import { listKeys } from '../../../src/operations/key/list.ts'
import { keyListJson, keyListText } from '../../output/key-list.ts'
import { defineCommand } from '../../run.ts'

export const list = defineCommand({
  command: 'list',
  describe: 'members with their roles, and the key slots in the store',
  examples: [['cairn key list', 'who may do what, and what opens the repository']],
  exits: ['no-repository', 'key', 'stop', 'store'],
  reads: true,
  builder: (yargs) => yargs,
  async run(_args, { openSession, output }) {
    const { repository } = await openSession()
    const keys = await listKeys(repository)
    output.result(keyListJson(keys), () => keyListText(keys))
  },
})
