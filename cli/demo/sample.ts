// A sample tree for the demo: a few hundred files as a small project has them, the same at every run.

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

const WORDS = 'backup chunk block pack seal sign verify restore journal manifest snapshot series lease member stream tree index key'.split(
  ' ',
)
const SERVICES = ['shop', 'mail', 'search', 'billing']

/** Makes the sample in an empty directory. */
export function makeSample(directory: string): void {
  for (const service of SERVICES) {
    write(directory, `${service}/config/service.yaml`, `name: ${service}\nport: ${8000 + (numberOf(service) % 1000)}\nreplicas: 3\n`)
    write(directory, `${service}/config/.env`, `SERVICE=${service}\n`)
    for (let file = 0; file < 40; file++) write(directory, `${service}/src/module-${file}.ts`, prose(`${service}/${file}`, 60))
    for (let page = 0; page < 20; page++) write(directory, `${service}/docs/page-${page}.md`, prose(`${service}-doc-${page}`, 40))
    write(directory, `${service}/logs/service.log`, logLines(service, 2000))
    writeBytes(directory, `${service}/assets/picture.bin`, noise(service, 300_000))
  }
  write(directory, 'README.md', prose('readme', 30))
  fs.mkdirSync(path.join(directory, 'empty'))
  fs.symlinkSync('README.md', path.join(directory, 'link-to-readme'))
  fs.linkSync(path.join(directory, 'README.md'), path.join(directory, 'same-file-other-name.md'))
  fs.chmodSync(path.join(directory, 'shop/config/.env'), 0o600)
  writeBytes(directory, 'shop/assets/copy-of-mail.bin', noise('mail', 300_000))
}

/** Changes it as a day of work does. */
export function changeSample(directory: string): void {
  for (let file = 0; file < 6; file++) fs.appendFileSync(path.join(directory, `shop/src/module-${file}.ts`), prose(`change-${file}`, 3))
  fs.appendFileSync(path.join(directory, 'mail/logs/service.log'), logLines('mail-later', 50))
  write(directory, 'search/src/ranking.ts', prose('ranking', 120))
  fs.rmSync(path.join(directory, 'billing/docs/page-3.md'))
  fs.renameSync(path.join(directory, 'billing/docs/page-4.md'), path.join(directory, 'billing/docs/terms.md'))
  fs.chmodSync(path.join(directory, 'mail/config/.env'), 0o640)
}

function write(directory: string, name: string, text: string): void {
  writeBytes(directory, name, Buffer.from(text))
}

function writeBytes(directory: string, name: string, bytes: Uint8Array): void {
  const file = path.join(directory, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, bytes)
}

function prose(seed: string, lines: number): string {
  const line = (number: number): string => {
    const digest = hash(`${seed}:${number}`)
    return `${[...digest.subarray(0, 9)].map((byte) => WORDS[byte % WORDS.length]).join(' ')} ${digest.readUInt16BE(10)}.`
  }
  return `${Array.from({ length: lines }, (_, number) => line(number)).join('\n')}\n`
}

function logLines(seed: string, lines: number): string {
  const line = (number: number): string => {
    const digest = hash(`${seed}:${number}`)
    const time = `2026-11-20T${String(Math.floor(number / 3600) % 24).padStart(2, '0')}:${String(Math.floor(number / 60) % 60).padStart(2, '0')}:${String(number % 60).padStart(2, '0')}Z`
    return `${time} info request=${digest.toString('hex', 0, 6)} ms=${digest[7]} path=/${WORDS[digest[8]! % WORDS.length]}`
  }
  return `${Array.from({ length: lines }, (_, number) => line(number)).join('\n')}\n`
}

/** Bytes that no compressor makes smaller. */
function noise(seed: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, number) => hash(`${seed}/${number}`))
  return Buffer.concat(blocks).subarray(0, length)
}

function numberOf(text: string): number {
  return hash(text).readUInt16BE(0)
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
