// Letters behind one dash (`-qh`). yargs takes each for an option, and where an h is among them it prints the help without a look at
// the others: a cron job that has mistyped one would end with 0 and have done nothing.

import { UsageError } from '../src/errors.ts'
import { beforeOperands } from './operands.ts'

/** What yargs knows of the options, in all spellings. */
export interface KnownSwitches {
  readonly boolean: readonly string[]
  readonly alias: Readonly<Record<string, readonly string[]>>
}

/** @throws {UsageError} `unknown-option` when letters that ask for help have others among them that are no switches. */
export function checkHelpLetters(argv: readonly string[], { boolean, alias }: KnownSwitches): void {
  const switches = new Set(boolean.flatMap((name) => [name, ...(alias[name] ?? [])]))
  for (const word of beforeOperands(argv)) {
    const letters = /^-([A-Za-z0-9]{2,})$/.exec(word)?.[1]
    if (letters?.includes('h') !== true || letters === 'help') continue
    const stranger = Array.from(letters).find((letter) => !switches.has(letter))
    if (stranger !== undefined) throw unknownLetter(stranger, word)
  }
}

/** An option that takes a value can stand among others no more than one that does not exist. */
function unknownLetter(letter: string, word: string): UsageError {
  return new UsageError('unknown-option', `There is no option -${letter} that could stand in ${word}.`, {
    hint: `${word} is read as ${Array.from(word.slice(1), (each) => `-${each}`).join(' ')}. For a name that begins with a dash write ./${word}, or put it behind --.`,
  })
}
