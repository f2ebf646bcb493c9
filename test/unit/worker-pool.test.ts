// A thread that dies: whoever waits for it is told, and whoever comes later, too.

import fs from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { threadsWithin, WorkerPool } from '../../src/runtime/workers.ts'
import { scratch } from '../support/scratch.ts'

const { at } = scratch()

function pool(body: string): WorkerPool<string, string> {
  const workers = new URL('../../src/runtime/serve-jobs.ts', import.meta.url).href
  fs.writeFileSync(at('worker.mjs'), `import { serveJobs } from ${JSON.stringify(workers)}\n${body}`)
  return new WorkerPool({ module: pathToFileURL(at('worker.mjs')), data: undefined, size: 2 })
}

test('a thread that breaks, or ends, between two jobs fails every later one, and nothing waits for ever', async () => {
  for (const end of ["throw new Error('thread broke')", 'process.exit(3)']) {
    const threads = pool(`serveJobs({ run: async (job) => { setTimeout(() => { ${end} }, 20); return { result: job } } })`)
    expect(await threads.run('first')).toBe('first')
    await new Promise((resolve) => setTimeout(resolve, 500))
    await expect(threads.run('second')).rejects.toThrow(/thread/)
    await expect(threads.runOnAll('last')).rejects.toThrow(/thread/)
    await threads.close()
  }
})

test('a thread that breaks during a job fails it, and what waits', async () => {
  const threads = pool("serveJobs({ run: () => new Promise(() => setTimeout(() => { throw new Error('thread broke') }, 20)) })")
  const jobs = ['a', 'b', 'c', 'd', 'e', 'f'].map((job) => threads.run(job))
  for (const result of await Promise.allSettled(jobs)) expect(result.status).toBe('rejected')
  await threads.close()
})

test('no job is rejected while a thread still works: what it was given may be closed then', async () => {
  const file = at('work')
  const threads = pool(`import fs from 'node:fs'
    serveJobs({ run: async (job) => {
      if (job === 'break') setTimeout(() => { throw new Error('thread broke') }, 300)
      const end = Date.now() + 3000
      while (job === 'work' && Date.now() < end) fs.appendFileSync(${JSON.stringify(file)}, 'x')
      return job === 'break' ? new Promise(() => {}) : { result: job }
    } })`)
  const jobs = ['work', 'break'].map((job) => threads.run(job))
  await expect(Promise.race(jobs)).rejects.toThrow('thread broke')
  const { size } = fs.statSync(file)
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(fs.statSync(file).size).toBe(size)
  await threads.close()
})

test('freed buffers of a thread are used again: not every block costs page faults', async () => {
  // Each block is 1,024 pages; once a few are free at the same time, glibc would give them back and map them anew.
  const threads = pool(`import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
    const packed = zstdCompressSync(Buffer.alloc(4 << 20, 'a block'))
    serveJobs({ run: async () => {
      const before = process.resourceUsage().minorPageFault
      for (let round = 0; round < 20; round++) {
        const blocks = Array.from({ length: 5 }, () => zstdDecompressSync(packed, { chunkSize: (4 << 20) + 64 }))
        for (const { buffer } of blocks) buffer.transfer(0)
      }
      return { result: String(process.resourceUsage().minorPageFault - before) }
    } })`)
  await threads.run('warm up')
  expect(Number(await threads.run('count'))).toBeLessThan(100 * 256)
  await threads.close()
})

test.each([
  ['two cores, 4 GB', 2, 4 << 10, 2],
  ['sixteen cores, 64 GB', 16, 64 << 10, 16],
  ['sixteen cores, 2 GB', 16, 2 << 10, 4],
  ['a container of 512 MB', 8, 512, 1],
])('threads keep to a quarter of the memory: %s', (_, cores, megabytes, threads) => {
  expect(threadsWithin(cores, megabytes * 2 ** 20)).toBe(threads)
})
