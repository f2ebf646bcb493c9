// Of what is damaged `verify` tells whom it harms; not of journal, key slots and leases, where nobody can tell from the object alone.

import fs from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CliPlace } from '../support/cli-process.ts'
import { flip, storeFiles } from '../support/verify-place.ts'

let place: CliPlace

beforeEach(async () => {
  place = new CliPlace()
  await place.json(['init'])
  place.write('tree/file', 'text')
  for (let round = 0; round < 3; round++) await place.json(['commit', place.at('tree'), '--name', 'tree'])
})
afterEach(() => place.remove())

const files = (folder: string): string[] => storeFiles(place.at('repository'), folder)
const told = async (): Promise<string> => (await place.run(['verify', '--data'])).stdout

test('a journal entry that hides snapshots from others', async () => {
  flip(files('journal').find((file) => file.endsWith('3'))!, 60)
  const text = await told()
  expect(text).toMatch(/^journal journal\/0000000000000003$/m)
  expect(text).not.toContain('harms')
})

test('a key slot that is missing, and a lease that nobody signed', async () => {
  const { slots } = await place.json(['key', 'list'])
  const { slot } = slots.find(({ kind }: { kind: string }) => kind === 'recovery')
  fs.rmSync(files('keys').find((file) => file.endsWith(slot))!)
  place.write(`repository/leases/${'0'.repeat(32)}-00000000`, 'junk')
  const text = await told()
  expect(text).toMatch(/^key-slot keys\//m)
  expect(text).toMatch(/^lease leases\//m)
  expect(text).not.toContain('harms')
})

test('a manifest, and a segment', async () => {
  flip(files('manifests')[0]!, 1500)
  for (const file of files('index')) flip(file, 150)
  const text = await told()
  expect(text).toMatch(/^manifest .*\n.*\n {2}harms 1 path in /m)
  expect(text).toMatch(/^segment .*\n.*\n {2}harms no snapshot$/m)
})
