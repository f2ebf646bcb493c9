import { wordlist } from '@scure/bip39/wordlists/english.js'

/** Bits of each word: the list has 2,048. */
const WORD_BITS = 11

/** How many words a person types. */
export const TYPED_WORDS = 3

/** A digest as words of 11 bits each, most significant bit first; bits that fill no word are left out. */
export function digestWords(digest: Uint8Array): string[] {
  const words: string[] = []
  let value = 0
  let bits = 0
  for (const byte of digest) {
    value = (value << 8) | byte
    bits += 8
    if (bits < WORD_BITS) continue
    bits -= WORD_BITS
    words.push(wordlist[value >>> bits]!)
    value &= (1 << bits) - 1
  }
  return words
}

/** Whether what a person typed is the beginning of these words. */
export function typedRight(typed: string, words: readonly string[]): boolean {
  return typed.trim().toLowerCase().split(/\s+/).join(' ') === words.slice(0, TYPED_WORDS).join(' ')
}
