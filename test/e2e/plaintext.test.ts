// LESSONS: the scheduled path ignored the keystore, and wrote plaintext into an encrypted repository. Whoever commits, by whatever road
// and key: nothing of what was captured, of its names, or of what people say of it can be read in the store, or in what waits for it.

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeXattr } from '../../src/runtime/posix/xattr.ts'
import { CliPlace } from '../support/cli-process.ts'

/** What must not be found, by where it was put. Of hexadecimal digits, so that it can be a name of anything. */
const canaries = new Map<string, string>()
const ZSTD_MAGIC = Buffer.from('28b52ffd', 'hex')
const ZSTD_FRAME_BYTES = 1 << 20

const place = new CliPlace()
afterAll(() => place.remove())

function canary(where: string): string {
  const made = `canary-${randomBytes(12).toString('hex')}`
  canaries.set(where, made)
  return made
}

/** A tree with a canary wherever a tree can hold one; the name of its directory. */
function plant(road: string): string {
  const directory = canary(`${road}: path of the tree`)
  const file = place.write(`${directory}/${canary(`${road}: name of a file`)}`, canary(`${road}: content of a file`))
  place.write(`${directory}/${canary(`${road}: name of a directory`)}/large`, canary(`${road}: content that repeats`).repeat(10_000))
  fs.symlinkSync(canary(`${road}: target of a symlink`), `${file}-link`)
  const fd = fs.openSync(file, 'r')
  try {
    writeXattr(fd, Buffer.from(`user.${canary(`${road}: name of an attribute`)}`), Buffer.from(canary(`${road}: value of an attribute`)))
  } finally {
    fs.closeSync(fd)
  }
  return directory
}

/** What people say of a snapshot. */
function facts(road: string): string[] {
  const text = (what: string): string => canary(`${road}: ${what}`)
  const told = ['-m', text('description'), '--tag', `${text('key of a tag')}=${text('value of a tag')}`, '--request-id', text('request')]
  return [...told, '--source', text('source'), '--environment', text('environment'), '--exclude', text('exclude')]
}

beforeAll(async () => {
  await place.json(['init', '--name', canary('name of the repository'), '--label', canary('label of the owner')])
  const commit = (road: string, ...more: string[]): string[] => ['commit', plant(road), ...facts(road), ...more]
  await place.json(commit('owner', '--name', canary('owner: series')))
  await place.json(commit('schedule', '--name', canary('schedule: series')), {
    env: { CAIRN_ACTOR: `schedule:${canary('schedule: actor')}` },
  })
  await place.json(commit('agent', '--name', canary('agent: series')), { env: { CAIRN_ACTOR: `agent:${canary('agent: actor')}` } })
  const writers = canary('writer: series')
  await place.json(['key', 'export', '--writer', '--series', writers, '--label', canary('label of the writer'), '-o', 'writer.json'])
  const elsewhere = { CAIRN_HOME: place.at('home-of-writer'), CAIRN_IDENTITY: place.at('writer.json') }
  await place.json(commit('writer', '--name', writers), { env: elsewhere })
  const told = facts('stdin').slice(0, -2)
  const stdin = canary('stdin: content').repeat(5000)
  await place.json(['commit', '--stdin', canary('stdin: name'), '--name', canary('stdin: series'), ...told], { stdin })
  await place.json(['tag', canary('tag'), 'latest'])
  await place.json(['restore', 'latest', '--to', canary('target of a restore')])
  await place.json(['verify', '--data'])
}, 60_000)

test('what is looked for would be found', () => {
  const [[where, text] = ['', '']] = canaries
  expect(foundIn(Buffer.from(`...${text}...`))).toEqual([where])
  expect(foundIn(Buffer.concat([randomBytes(50), zstdCompressSync(Buffer.from(text.repeat(100))), randomBytes(50)]))).toEqual([where])
  expect(canaries.size).toBeGreaterThan(70)
})

test.each(['repository', 'home/spool', 'home-of-writer/spool'])('nothing of it can be read in %s', (directory) => {
  const files = fs.readdirSync(place.at(directory), { recursive: true, withFileTypes: true }).filter((each) => each.isFile())
  if (directory === 'repository') expect(files.length).toBeGreaterThan(20)
  for (const { parentPath, name } of files) expect(foundIn(fs.readFileSync(`${parentPath}/${name}`)), name).toEqual([])
  for (const { name } of files) expect(foundIn(Buffer.from(name))).toEqual([])
})

/** Which canaries stand in some bytes, plainly or in a zstd frame. */
function foundIn(bytes: Buffer): string[] {
  const texts = [bytes, ...framesIn(bytes)].map((each) => each.toString('latin1'))
  return [...canaries].filter(([, text]) => texts.some((each) => each.includes(text))).map(([where]) => where)
}

function framesIn(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = bytes.indexOf(ZSTD_MAGIC); at >= 0; at = bytes.indexOf(ZSTD_MAGIC, at + 1)) {
    try {
      frames.push(zstdDecompressSync(bytes.subarray(at), { maxOutputLength: ZSTD_FRAME_BYTES }))
    } catch {
      // Four bytes of chance.
    }
  }
  return frames
}
