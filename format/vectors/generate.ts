// Writes the test vectors of SPEC.md: one JSON file for each kind of record. Run by `npm run vectors`; a test holds that it changes nothing.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cborCases } from './cbor-cases.ts'
import { checkpointCases } from './checkpoint-cases.ts'
import { eventCases } from './event-cases.ts'
import { indexCases } from './index-cases.ts'
import { journalCases } from './journal-cases.ts'
import { keyCases } from './key-cases.ts'
import { manifestCases } from './manifest-cases.ts'
import { nameCases } from './name-cases.ts'
import { packCases } from './pack-cases.ts'
import { signatureCases } from './signature-cases.ts'
import { smallCases } from './small-cases.ts'
import { streamCases } from './stream-cases.ts'
import { treeCases } from './tree-cases.ts'
import type { Vector } from './vector.ts'

const all: readonly Vector[] = [
  ...cborCases,
  ...nameCases,
  ...smallCases,
  ...keyCases,
  ...packCases,
  ...indexCases,
  ...streamCases,
  ...treeCases,
  ...manifestCases,
  ...journalCases,
  ...eventCases,
  ...checkpointCases,
  ...signatureCases,
]

/** The name and text of each file. */
export function vectorFiles(): ReadonlyMap<string, string> {
  const byRecord = Map.groupBy(all, (vector) => vector.record)
  return new Map([...byRecord].map(([record, vectors]) => [`${record}.json`, `${JSON.stringify(vectors, null, 1)}\n`]))
}

if (import.meta.main) {
  for (const [name, text] of vectorFiles()) writeFileSync(join(import.meta.dirname, name), text)
}
