// The derivation inputs of SPEC §4.8 and the Padmé sizes of §6.3, called by name with JSON arguments.

import { fromHex, u96 } from '../bytes.ts'
import * as derivations from '../derivations.ts'
import { type DomainName, domain, type SignatureKind } from '../domains.ts'
import type { ChunkKind, PackKind } from '../pack.ts'
import { padme } from '../padme.ts'
import type { Context } from './vector.ts'

class Arguments {
  private readonly values: Context

  constructor(values: Context) {
    this.values = values
  }

  bytes(name: string): Buffer {
    return fromHex(this.text(name))
  }

  text(name: string): string {
    const value = this.values[name]
    if (typeof value !== 'string') throw new TypeError(`${name} is no text`)
    return value
  }

  number(name: string): number {
    const value = this.values[name]
    if (typeof value !== 'number') throw new TypeError(`${name} is no number`)
    return value
  }
}

const functions: Readonly<Record<string, (a: Arguments) => Buffer>> = {
  domain: (a) => domain(a.text('name') as DomainName),
  u96: (a) => u96(a.number('i')),
  padme: (a) => u64(padme(a.number('size'))),
  keysCommitmentInput: (a) =>
    derivations.keysCommitmentInput({ id: a.bytes('id'), gear: a.bytes('gear'), index: a.bytes('index'), journal: a.bytes('journal') }),
  memberIdInput: (a) => derivations.memberIdInput(a.bytes('publicKey')),
  chunkIdInput: (a) => derivations.chunkIdInput(a.number('kind') as ChunkKind, a.bytes('sha256')),
  contentIdInput: (a) => derivations.contentIdInput(a.bytes('streamCbor')),
  seriesTagInput: (a) => derivations.seriesTagInput(a.text('name')),
  packKeyInfo: (a) =>
    derivations.packKeyInfo(a.text('purpose') as 'block' | 'directory' | 'commitment', a.number('kind') as PackKind, a.number('epoch')),
  manifestKeyInfo: (a) => derivations.manifestKeyInfo(a.text('purpose') as 'key' | 'commitment', a.number('epoch')),
  slotKekInfo: (a) => derivations.slotKekInfo(a.bytes('slotId')),
  blockAd: (a) => derivations.blockAd(a.bytes('repository'), a.number('kind') as PackKind, a.number('i')),
  directoryAd: (a) => derivations.directoryAd(a.bytes('repository'), a.number('kind') as PackKind),
  footerAd: (a) => derivations.footerAd(a.bytes('repository'), a.number('kind') as PackKind),
  manifestAd: (a) => derivations.manifestAd(a.bytes('header112')),
  segmentAd: (a) => derivations.segmentAd(a.bytes('header112')),
  checkpointAd: (a) => derivations.checkpointAd(a.bytes('header80')),
  journalDetailsAd: (a) => derivations.journalDetailsAd(a.bytes('entryWithEmptySealed')),
  slotAd: (a) => derivations.slotAd(a.bytes('slotWithoutWrapped')),
  attestedPackInput: (a) => derivations.attestedPackInput(a.bytes('segmentBody')),
  voidLinkInput: (a) => derivations.voidLinkInput(a.bytes('previousLink'), a.bytes('slotHash')),
  recoveryCodeInput: (a) => derivations.recoveryCodeInput(a.bytes('payload29')),
  signatureInput: (a) =>
    derivations.signatureInput(a.text('kind') as SignatureKind, a.bytes('repository'), a.bytes('signer'), a.bytes('hash')),
}

/** The bytes that the named function makes of its arguments. */
export function derive(call: Context): Buffer {
  const named = call['function']
  const run = typeof named === 'string' ? functions[named] : undefined
  if (run === undefined) throw new TypeError(`no function ${JSON.stringify(named)}`)
  return run(new Arguments(call))
}

function u64(n: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(n))
  return bytes
}
