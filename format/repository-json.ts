import { fromHex, type Id, toHex } from './bytes.ts'
import { type Features, featuresFromCbor } from './features.ts'
import { FormatError } from './format-error.ts'
import { decodeJsonRecord } from './json-record.ts'
import { RecordReader } from './record-reader.ts'

/** The clear hints of `cairn.json`. SPEC §5.1 */
export interface RepositoryJson {
  readonly version: 1
  readonly repository: Id
  readonly features: Features
}

/** The content of `cairn.json`. SPEC §5.1 */
export function encodeRepositoryJson(hints: RepositoryJson): Buffer {
  const { read, write, check, delete: remove } = hints.features
  const features = { read, write, check, delete: remove }
  return Buffer.from(`${JSON.stringify({ magic: 'cairn', version: hints.version, repository: toHex(hints.repository), features })}\n`)
}

/**
 * The hints of a `cairn.json`. Magic and version are checked first, so that a newer format gets a message of its own. SPEC §5.1
 * @throws {FormatError} `repository-json-*`, `features-*` or `hex-*`.
 */
export function decodeRepositoryJson(bytes: Uint8Array): RepositoryJson {
  const record = new RecordReader('repository-json', decodeJsonRecord('repository-json', bytes))
  if (!record.has('magic') || record.value('magic') !== 'cairn')
    throw new FormatError('repository-json-magic', 'a cairn.json without "magic":"cairn"')
  record.version('version', 1)
  const hints: RepositoryJson = {
    version: 1,
    repository: fromHex(record.text('repository'), 32),
    features: featuresFromCbor(record.value('features')),
  }
  record.end()
  if (!encodeRepositoryJson(hints).equals(bytes))
    throw new FormatError('repository-json-bytes', 'a cairn.json in another order or with other white space than it is written with')
  return hints
}
