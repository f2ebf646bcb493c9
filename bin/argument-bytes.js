// Node decodes the arguments before it hands them over: what is no UTF-8 becomes another name. Plain JavaScript, as launch.js is.
import { readFileSync } from 'node:fs'

const REPLACED = '\ufffd'

/** The first argument that is not what was given; undefined when all are. */
export function misread() {
  if (!process.argv.some((text) => text.includes(REPLACED))) return undefined
  return wordsIn('/proc/self/cmdline').find((word) => !Buffer.from(word.toString('utf8')).equals(word))
}

function wordsIn(file) {
  const bytes = readAll(file)
  const words = []
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(0, from)
    const to = end === -1 ? bytes.length : end
    words.push(bytes.subarray(from, to))
    from = to + 1
  }
  return words
}

function readAll(file) {
  try {
    return readFileSync(file)
  } catch {
    return Buffer.alloc(0) // no /proc: nothing tells the difference
  }
}

/** Says which argument it is, to a person or a program. */
export function refuse(word) {
  const shown = Array.from(word, (byte) =>
    byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('')
  const message = `The argument ${shown} is not UTF-8.`
  const hint = 'Name the directory that holds it; in SNAPSHOT:PATH write such a byte as \\xNN.'
  process.exitCode = 2
  if (!process.argv.includes('--json')) return process.stderr.write(`cairn: ${message}\n  ${hint}\n`)
  const error = { name: 'UsageError', code: 'argument-bytes', message, hint, fields: {}, exitCode: 2 }
  return process.stdout.write(`${JSON.stringify({ error })}\n`)
}
