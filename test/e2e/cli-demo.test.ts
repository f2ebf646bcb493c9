import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { compareTrees } from '../../cli/demo/compare.ts'
import { makeSample } from '../../cli/demo/sample.ts'
import { CliPlace, outcomeOf } from '../support/cli-process.ts'

const place = new CliPlace()
afterAll(() => place.remove())

test('npm start does the main job on a sample', async () => {
  const demo = path.join(import.meta.dirname, '../../bin/demo.js')
  const child = spawn(process.execPath, [demo], { env: { ...process.env, TMPDIR: place.directory, NO_COLOR: '1' } })
  const { code, stdout, stderr } = await outcomeOf(child)
  expect([code, stderr]).toEqual([0, expect.stringContaining('2 added, 2 removed, 7 changed, 1 with other metadata;')])
  expect(stdout).toContain('Seven files changed, one came, one went, one moved, one has another mode.')
  for (const verb of ['init', 'commit', 'log', 'diff', 'verify', 'restore']) expect(stdout).toContain(`$ cairn ${verb}`)
  expect(stdout).toMatch(/All \d{3} entries were restored as they were/)
  expect(stdout).toContain('Try next')
}, 120_000)

describe('the comparison of the demo', () => {
  const left = place.at('left')
  const right = place.at('right')
  for (const directory of [left, right]) {
    fs.mkdirSync(directory)
    makeSample(directory)
  }
  // Times differ between two samples that are made one after the other.
  const differences = (): string[] => compareTrees(left, right).differences.filter((each) => !each.includes('mtimeNs'))

  test('finds no difference where there is none', () => {
    expect(differences()).toEqual([])
    expect(compareTrees(left, left).differences).toEqual([])
  })

  test('finds every kind of difference', () => {
    fs.appendFileSync(path.join(right, 'shop/src/module-1.ts'), 'x')
    fs.chmodSync(path.join(right, 'mail/config/.env'), 0o600)
    fs.rmSync(path.join(right, 'same-file-other-name.md'))
    fs.rmSync(path.join(right, 'link-to-readme'))
    fs.symlinkSync('elsewhere', path.join(right, 'link-to-readme'))
    fs.writeFileSync(path.join(right, 'extra'), '')
    expect(differences()).toEqual([
      expect.stringMatching(/^README.md has another nlink/),
      'extra is too much',
      'link-to-readme points elsewhere',
      expect.stringMatching(/^mail\/config\/.env has another mode/),
      'same-file-other-name.md is missing',
      'shop/src/module-1.ts has other content',
    ])
  })
})
