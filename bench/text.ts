// Text that compresses like what people keep: made-up words with the frequencies of natural language (Zipf), in prose, configuration, log
// lines and source code, half of it phrases that recur in other files. Real files of that size (documentation, scripts, settings of a
// Debian and an npm tree) shrink to 1 / 2.6 one by one and to 1 / 4.4 in solid runs of 4 MiB with zstd 3; this text is held near that.

import type { SeededRandom } from './seeded.ts'
import { pick, seededRandom } from './seeded.ts'

const WORD_COUNT = 4000
const ZIPF_SLOTS = 65_536
const STOCK_PHRASES = 3000
/** Of 100 phrases, how many come from the stock that all files share. */
const STOCK_PERCENT = 60
const SYLLABLES =
  'al an ar ba be ca co da de di en er es fi ga ge ha in is ka la le lo ma me mi na ne no on or pa pe ra re ri ro sa se si ta te ti to un va ve vi'.split(
    ' ',
  )

/** Writes one text of about `byteCount` ASCII bytes. */
export type TextWriter = (random: SeededRandom, byteCount: number) => string

type WordSource = (random: SeededRandom) => string
type PhraseMaker = (random: SeededRandom, word: WordSource) => string

/** A writer whose vocabulary and stock are always the same; what it writes depends on the generator that is given to it. */
export function textWriter(): TextWriter {
  const slots = zipfSlots(vocabulary(seededRandom(1)))
  const word: WordSource = (random) => slots[random.uint32() & (ZIPF_SLOTS - 1)] ?? ''
  const kinds = [prose, configuration, logLine, sourceCode].map((make, index) => ({
    make,
    stock: stockOf(make, word, seededRandom(index + 2)),
  }))
  return (random, byteCount) => {
    const { make, stock } = pick(random, kinds)
    let text = ''
    while (text.length < byteCount) text += random.below(100) < STOCK_PERCENT ? pick(random, stock) : make(random, word)
    return text
  }
}

function prose(random: SeededRandom, word: WordSource): string {
  let sentence = word(random)
  for (let count = 4 + random.below(10); count > 0; count--) sentence += ` ${word(random)}`
  return random.below(5) === 0 ? `${sentence}.\n\n` : `${sentence}. `
}

function configuration(random: SeededRandom, word: WordSource): string {
  const value = random.below(2) === 0 ? `${random.below(10_000)}` : `"${word(random)} ${word(random)}"`
  return `  "${word(random)}-${word(random)}": ${value},\n`
}

function logLine(random: SeededRandom, word: WordSource): string {
  const clock = `${10 + random.below(14)}:${10 + random.below(50)}:${10 + random.below(50)}`
  const level = pick(random, ['INFO ', 'INFO ', 'INFO ', 'WARN ', 'ERROR'])
  return `2026-11-${10 + random.below(20)}T${clock}Z ${level} ${word(random)}.${word(random)}: ${word(random)} ${word(random)} id=${random.below(1000)}\n`
}

function sourceCode(random: SeededRandom, word: WordSource): string {
  const name = `${word(random)}_${word(random)}`
  return `function ${name}(${word(random)}, ${word(random)}) {\n  return ${word(random)}(${word(random)}, ${random.below(100)})\n}\n\n`
}

function stockOf(make: PhraseMaker, word: WordSource, random: SeededRandom): string[] {
  return Array.from({ length: STOCK_PHRASES }, () => make(random, word))
}

function vocabulary(random: SeededRandom): string[] {
  const words = new Set<string>()
  while (words.size < WORD_COUNT) {
    // Frequent words are short, as in every natural language.
    const syllableCount = 1 + Math.floor(Math.log10(words.size + 1) / 1.3) + random.below(2)
    let word = ''
    for (let count = syllableCount; count > 0; count--) word += pick(random, SYLLABLES)
    words.add(word)
  }
  return [...words]
}

/** Spreads the words over a power of two of slots, the word of rank r over a share proportional to 1 / r: drawing is one look-up. */
function zipfSlots(words: readonly string[]): string[] {
  let weightSum = 0
  for (let rank = 1; rank <= words.length; rank++) weightSum += 1 / rank
  const slots: string[] = []
  let reached = 0
  words.forEach((word, index) => {
    reached += ZIPF_SLOTS / (index + 1) / weightSum
    while (slots.length < reached && slots.length < ZIPF_SLOTS) slots.push(word)
  })
  while (slots.length < ZIPF_SLOTS) slots.push(pick(seededRandom(slots.length), words))
  return slots
}
