/** Every domain string there is. SPEC §4.8 */
export type DomainName =
  | 'write-keys'
  | 'member'
  | 'chunk-id'
  | 'content-id'
  | 'series'
  | 'pack-block-key'
  | 'pack-directory-key'
  | 'pack-commitment'
  | 'manifest-key'
  | 'manifest-commitment'
  | 'index-segment-key'
  | 'journal-details-key'
  | 'checkpoint-key'
  | 'slot-kek'
  | 'block'
  | 'directory'
  | 'footer'
  | 'manifest'
  | 'index-segment'
  | 'journal-details'
  | 'checkpoint'
  | 'key-slot'
  | 'void-slot'
  | 'recovery-code'
  | 'attested-pack'
  | `sign-${SignatureKind}`
  | 'plan'

/** What can be signed. SPEC §4.6 */
export type SignatureKind = 'journal-entry' | 'spool-record' | 'manifest' | 'index-segment' | 'lease'

/** `D(name)`: the ASCII text `cairn/v1/name` and a zero byte. SPEC §1 */
export function domain(name: DomainName): Buffer {
  return Buffer.from(`cairn/v1/${name}\0`, 'ascii')
}
