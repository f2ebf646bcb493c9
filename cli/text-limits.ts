import { LIMITS } from '../format/limits.ts'
import { UsageError } from '../src/errors.ts'
import { humanCount } from './output/human.ts'

/**
 * The text of an option, when the format has room for it (SPEC §10); to be asked before anything is opened or made.
 * @throws {UsageError} `text-too-long`
 */
export function limitedText(option: string, text: string, mostBytes: number = LIMITS.textBytes): string {
  const bytes = Buffer.byteLength(text)
  if (bytes <= mostBytes) return text
  throw new UsageError('text-too-long', `The text of ${option} has ${humanCount(bytes)} bytes; at most ${mostBytes / 1024} KiB are kept.`, {
    hint: 'Shorten it. What is longer belongs into a file among what is backed up.',
    fields: { option, bytes, mostBytes },
  })
}
