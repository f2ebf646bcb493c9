import { zstdCompressSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { sealVerifiedFrame } from '../../src/repository/crypto/frame-codec.ts'
import { compress } from '../../src/repository/crypto/zstd.ts'

vi.mock('../../src/repository/crypto/zstd.ts', async (original) => ({
  ...(await original<typeof import('../../src/repository/crypto/zstd.ts')>()),
  compress: vi.fn<typeof compress>(),
}))

const seal = (raw: Buffer): unknown => sealVerifiedFrame(Buffer.alloc(32), Buffer.alloc(12), Buffer.alloc(0), raw)

// A fault that only a restore would find otherwise (SPEC §9.2.3).
test.each<[string, (raw: Buffer) => Buffer]>([
  ['other bytes of the same size', (raw) => zstdCompressSync(Buffer.alloc(raw.length, 'b'))],
  ['fewer bytes', (raw) => zstdCompressSync(raw.subarray(1))],
  ['no zstd at all', () => Buffer.from('not zstd')],
])('a compressor that yields %s is found before anything is stored', (_, faulty) => {
  const raw = Buffer.alloc(10_000, 'a')
  vi.mocked(compress).mockReturnValueOnce(faulty(raw))
  expect(() => seal(raw)).toThrow(expect.objectContaining({ name: 'IntegrityError', code: 'seal-verification' }))
})
