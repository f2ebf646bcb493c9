import type { CborRecord, CborValue } from './cbor.ts'
import { FormatError } from './format-error.ts'
import { asText, RecordReader } from './record-reader.ts'

export const FEATURE_LISTS = ['read', 'write', 'check', 'delete'] as const

/** What an implementation must know to read, write, check or delete: sorted names without duplicates. SPEC §5.1 */
export type Features = Readonly<Record<(typeof FEATURE_LISTS)[number], readonly string[]>>

export const NO_FEATURES: Features = { read: [], write: [], check: [], delete: [] }

export function featuresToCbor(features: Features): CborRecord {
  return { read: features.read, write: features.write, check: features.check, delete: features.delete }
}

/**
 * The feature lists of a decoded map. SPEC §5.1
 * @throws {FormatError} `features-*` when a name or the order of a list is not allowed.
 */
export function featuresFromCbor(value: CborValue): Features {
  const record = new RecordReader('features', value)
  const features = readFeatures(record)
  record.end()
  return features
}

/** The four lists out of a record that may have other keys as well. */
export function readFeatures(record: RecordReader): Features {
  return {
    read: checkFeatures(record.array('read', asText)),
    write: checkFeatures(record.array('write', asText)),
    check: checkFeatures(record.array('check', asText)),
    delete: checkFeatures(record.array('delete', asText)),
  }
}

function checkFeatures(names: readonly string[]): readonly string[] {
  names.forEach((name, i) => {
    if (!/^[a-z0-9-]{1,32}$/.test(name)) {
      throw new FormatError('features-name', `${JSON.stringify(name.slice(0, 64))} is not the name of a feature`)
    }
    const previous = names[i - 1]
    if (previous !== undefined && previous >= name)
      throw new FormatError('features-order', `the feature ${name} does not come after ${previous}`)
  })
  return names
}
