// LESSONS: ePrint 2025/532 and 2025/558: a chunker's secret was recovered from the sizes of chunks that the store shows. Here it shows
// the sizes of packs, padded, and bytes that look like chance: where a content was cut makes no difference. SPEC §6.1, §6.3, §12.4

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { constants, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { PACK_FOOTER_BYTES, PACK_HEADER_BYTES } from '../../format/pack.ts'
import { padme } from '../../format/padme.ts'
import { DEFAULT_CHUNKER } from '../../src/operations/init/init.ts'
import { cutPoints, gearTable } from '../../src/repository/chunk/gear.ts'
import { MemoryStore } from '../../src/repository/store/memory-store.ts'
import { commitIn, initIn, openAs } from '../support/repository.ts'
import { scratch } from '../support/scratch.ts'
import { objectsOf } from '../support/stored-objects.ts'

/** In the middle between two Padmé sizes, so that some more or fewer chunks in the directory make no difference. */
const CONTENT_BYTES = 2_010_000
/** The clear fields of a pack: magic, version, kind, epoch, repository. */
const CLEAR_BYTES = 48
/** A piece of noise, from which a chunk is cut. */
const NOISE_BYTES = 1 << 20

const { at } = scratch()
const [minBytes, averageBytes, maxBytes] = DEFAULT_CHUNKER

test('contents of one length that are cut quite differently give packs that look alike', async () => {
  const store = new MemoryStore()
  const owner = await initIn(store)
  const table = gearTable((await openAs(store, owner)).writeKeys.gear)
  const cutsOf = (bytes: Buffer): number[] => cutPoints(bytes, 0, bytes.length, table, { minBytes, averageBytes, maxBytes })
  /** As many chunks of noise as fit that are as long as they should be: a cut depends on nothing but the bytes before it. */
  const joined = (isWanted: (chunkBytes: number) => boolean): Buffer => {
    const chunks: Buffer[] = []
    for (let length = 0; length < CONTENT_BYTES; ) {
      const bytes = randomBytes(NOISE_BYTES)
      const [chunkBytes = 0] = cutsOf(bytes)
      if (!isWanted(chunkBytes)) continue
      chunks.push(bytes.subarray(0, chunkBytes))
      length += chunkBytes
    }
    return Buffer.concat(chunks).subarray(0, CONTENT_BYTES)
  }
  const contents = [joined((chunkBytes) => chunkBytes < 200_000), joined((chunkBytes) => chunkBytes > 500_000)]
  const counts = contents.map((content) => cutsOf(content).length)
  expect(counts[0]).toBeGreaterThan(10)
  expect(counts[1]).toBeLessThan(5)

  const packs: Buffer[] = []
  for (const content of contents) {
    const before = await objectsOf(store)
    fs.rmSync(at('tree'), { recursive: true, force: true })
    fs.mkdirSync(at('tree'))
    fs.writeFileSync(at('tree', 'file'), content)
    await commitIn(store, owner, at('tree'))
    for (const [key, bytes] of await objectsOf(store)) if (key.startsWith('packs/data/') && !before.has(key)) packs.push(bytes)
  }

  expect(packs).toHaveLength(2)
  const [fine, coarse] = packs as [Buffer, Buffer]
  expect(fine.length).toBe(coarse.length)
  expect(fine.length).toBe(padme(CONTENT_BYTES + PACK_HEADER_BYTES + PACK_FOOTER_BYTES))
  expect(fine.subarray(0, CLEAR_BYTES)).toEqual(coarse.subarray(0, CLEAR_BYTES))
  for (const pack of packs) expectChance(pack.subarray(CLEAR_BYTES))
})

/** Nothing that repeats, as lengths, zeros or a padding of one byte would; and each byte about as often as the others. */
function expectChance(bytes: Buffer): void {
  const packed = zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 9 } })
  expect(packed.length).toBeGreaterThanOrEqual(bytes.length)
  const counts = new Float64Array(256)
  for (const byte of bytes) counts[byte]!++
  const expected = bytes.length / 256
  const deviation = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  expect(deviation).toBeLessThan(255 + 10 * Math.sqrt(2 * 255)) // ten standard deviations: never by chance
}
