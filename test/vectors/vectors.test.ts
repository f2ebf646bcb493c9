// Runs every test vector of format/vectors, and holds that the generator makes exactly these files.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../../format/bytes.ts'
import { FormatError } from '../../format/format-error.ts'
import { codecs } from '../../format/vectors/codecs.ts'
import { vectorFiles } from '../../format/vectors/generate.ts'
import { toJson, type Vector } from '../../format/vectors/vector.ts'

const folder = join(import.meta.dirname, '../../format/vectors')
const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
const vectors = names.flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Vector[])
const accepted = vectors.filter((vector) => vector.kind === 'accept')
const rejected = vectors.filter((vector) => vector.kind === 'reject')

function flawOf(vector: Vector): string {
  try {
    codecs[vector.record].decode(fromHex(vector.hex), vector.context ?? {})
  } catch (error) {
    return error instanceof FormatError ? error.code : `not a FormatError: ${String(error)}`
  }
  return 'accepted'
}

describe('vectors', () => {
  test.for(accepted)('accept $name', (vector) => {
    const { decode, encode } = codecs[vector.record]
    const context = vector.context ?? {}
    const decoded = decode(fromHex(vector.hex), context)
    expect(toJson(decoded)).toEqual(vector.decoded)
    expect(toHex(encode(decoded, context))).toBe(vector.hex)
  })

  test.for(rejected)('reject $name', (vector) => {
    expect(flawOf(vector)).toBe(vector.error)
  })

  test('there are enough of them, for every kind of record, each with its own name', () => {
    expect(accepted.length).toBeGreaterThanOrEqual(90)
    expect(rejected.length).toBeGreaterThanOrEqual(280)
    expect(new Set(accepted.map((vector) => vector.record))).toEqual(new Set(Object.keys(codecs)))
    expect(new Set(vectors.map((vector) => vector.name)).size).toBe(vectors.length)
  })

  test('the generator makes these files and no others', () => {
    const files = vectorFiles()
    expect([...files.keys()].sort()).toEqual(names.sort())
    for (const [name, text] of files) expect(readFileSync(join(folder, name), 'utf8')).toBe(text)
  })
})
