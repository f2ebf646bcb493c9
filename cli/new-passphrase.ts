import { plural } from './output/human.ts'
import type { Output } from './output/output.ts'

/** Six random words have more; what has less can often be tried through. */
const SHORT = 20

/** Says what a short passphrase means: whoever copies the store can try passphrases for ever. */
export function warnOfShort(passphrase: string, output: Output): void {
  const { length } = passphrase
  if (length >= SHORT) return
  output.warning(
    `This passphrase has only ${plural(length, 'character')}. It opens everything, and whoever copies the store can try passphrases for ever: use six random words or more.`,
  )
}
