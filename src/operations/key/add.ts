// The verb `key add`: another way to open the repository with all its rights, or to read it: an identity file, a passphrase, or a
// recovery code. Each is a member of its own, so that each can be revoked. `key export`: one that may only write.

import type { IdentityFile } from '../../../format/identity-file.ts'
import { checkSeriesName } from '../../../format/names.ts'
import { UsageError } from '../../errors.ts'
import { createIdentity } from '../../repository/crypto/identity.ts'
import { createRecoveryCode } from '../../repository/crypto/recovery.ts'
import type { Repository } from '../../repository/repository.ts'
import { type Enrolled, enrol } from './enrol.ts'

/** What opens the new slot. */
export type NewKey =
  | { readonly kind: 'identity'; readonly keep: (identity: IdentityFile) => Promise<void> }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'recovery'; readonly keep: (code: string) => Promise<void> }

export interface AddKeyOptions {
  readonly key: NewKey
  readonly role: 'owner' | 'reader'
  readonly label: string
}

/** Adds a way to open the repository. @throws {AccessError} `role` for whoever is no owner; else as `enrol`. */
export async function addKey(repository: Repository, { key, role, label }: AddKeyOptions): Promise<Enrolled> {
  const identity = createIdentity()
  const common = { identity, role, label, reason: `key add: ${key.kind}` }
  if (key.kind === 'passphrase') return enrol(repository, { ...common, method: key })
  if (key.kind === 'recovery') {
    const { secret, code } = createRecoveryCode(repository.id)
    return enrol(repository, { ...common, method: { kind: 'recovery', secret }, keep: () => key.keep(code) })
  }
  return enrol(repository, withIdentityFile(repository, common, key.keep))
}

export interface ExportWriterOptions {
  readonly series: readonly string[]
  readonly label: string
  readonly keep: (identity: IdentityFile) => Promise<void>
}

/**
 * Makes an identity that commits to the named series and can do nothing else: it has no read key.
 * @throws {UsageError} `series-needed`; {FormatError} `series-name`; else as `enrol`.
 */
export async function exportWriter(repository: Repository, { series, label, keep }: ExportWriterOptions): Promise<Enrolled> {
  if (series.length === 0) {
    throw new UsageError('series-needed', 'A writer commits to named series only, and none was named.', {
      hint: 'As in: --series laptop,mail',
    })
  }
  const names = [...new Set(series.map(checkSeriesName))]
  const common = { identity: createIdentity(), role: 'writer', series: names, label, reason: `key export: ${names.join(', ')}` } as const
  return enrol(repository, withIdentityFile(repository, common, keep))
}

type Common = Omit<Parameters<typeof enrol>[1], 'method' | 'keep'>

/** The slot's secret lies in a file, which is kept before the slot exists. */
function withIdentityFile(
  { id }: Repository,
  common: Common,
  keep: (identity: IdentityFile) => Promise<void>,
): Parameters<typeof enrol>[1] {
  const { signing, signingSeed, unlockSeed, unlock } = common.identity
  return {
    ...common,
    method: { kind: 'identity', unlock },
    keep: (slot) => keep({ repository: id, member: signing.memberId, slot: slot.id, label: common.label, signingSeed, unlockSeed }),
  }
}
