// What only a terminal gets: a line that tells how far a commit is, and the question before something is replaced.

import type { ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliPlace, type CliResult, outcomeOf, whyNoTerminal } from '../support/cli-process.ts'

const whyNot = whyNoTerminal()
const SKIPPED = whyNot === undefined ? '' : ` (skipped: ${whyNot})`
/** What takes the progress line away, or begins it anew. */
const ERASE = '\r\x1b[K'

let place: CliPlace
beforeAll(async () => {
  place = new CliPlace()
  await place.json(['init'])
})
afterAll(() => place.remove())

describe.skipIf(whyNot !== undefined)(`at a terminal${SKIPPED}`, () => {
  test('a commit tells how far it is on one line, which is gone when it is done', async () => {
    const slow = `for each in 1 2 3 4; do head -c 300000 /dev/urandom; sleep 0.4; done`
    const child = place.startAtTerminal(`(${slow}) | "$@" commit --stdin dump --name slow`)
    const { code, stdout } = await outcomeOf(child)
    expect(code, stdout).toBe(0)
    const drawn = stdout.split(ERASE).slice(1)
    const end = drawn.pop()!
    expect(drawn.filter((line) => /\d+ (KiB|kB|MB|MiB|bytes|B)/.test(line)).length).toBeGreaterThan(1)
    for (const line of drawn) expect(line).toMatch(/^[^\r\n]{0,79}$/)
    expect(end).toMatch(/^.*snapshot [0-9a-f]{8}/i)
    expect(end).not.toContain('\r\x1b')
  }, 30_000)

  describe('restore --replace', () => {
    const target = (): string => place.at('target', 'file')

    beforeAll(async () => {
      place.write('tree/file', 'as it was committed')
      await place.json(['commit', 'tree', '--name', 's'])
      place.write('target/file', 'as it is')
    })

    test('is refused by a wrong word, and by none', async () => {
      const wrong = await answered(([first, second]) => `${first} ${second} wrong`)
      const none = await answered(() => '')
      for (const { code, stdout } of [wrong, none]) {
        expect(code, stdout).toBe(14)
        expect(stdout).toContain('The first 3 words of the plan were not typed. Nothing was done.')
        expect(fs.readFileSync(target(), 'utf8')).toBe('as it is')
      }
    }, 30_000)

    test('is approved by the first three words of the digest', async () => {
      const { code, stdout } = await answered((words) => words.join(' '))
      expect(code, stdout).toBe(0)
      expect(stdout).toContain('Plan: restore')
      expect(fs.readFileSync(target(), 'utf8')).toBe('as it was committed')
    }, 30_000)
  })
})

/** Answers the question of a replacing restore; it is told the words that are asked for. */
async function answered(answer: (words: readonly string[]) => string): Promise<CliResult> {
  const child = place.startAtTerminal('"$@" restore s --to target --replace')
  const ended = outcomeOf(child)
  child.stdin!.write(`${answer(await wordsAskedFor(child))}\r`)
  return ended
}

function wordsAskedFor(child: ChildProcess): Promise<readonly string[]> {
  let seen = ''
  return new Promise((resolve, reject) => {
    child.on('close', () => reject(new Error(`nothing was asked: ${seen}`)))
    child.stdout!.on('data', (data: Buffer) => {
      seen += data.toString()
      const [, words] = /To do this, type ([a-z]+ [a-z]+ [a-z]+)/.exec(stripVTControlCharacters(seen)) ?? []
      if (words !== undefined) resolve(words.split(' '))
    })
  })
}
