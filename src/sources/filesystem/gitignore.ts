import ignore, { type Ignore } from 'ignore'

const OPTIONS = { allowRelativePaths: true, ignorecase: false }
/** The package keeps every path that it was ever asked for, and the answer: some 200 bytes each. */
const REMEMBERED_PATHS = 4096

/** Patterns of gitignore's grammar in bounded memory, however many paths are asked for. */
export class Gitignore {
  #rules: Ignore
  #askedPaths = 0

  constructor(patterns: readonly string[]) {
    this.#rules = ignore(OPTIONS).add([...patterns])
  }

  add(pattern: string): void {
    this.#rules.add([pattern])
  }

  /** Whether they match a path or a directory above it; the path of a directory ends in a slash. */
  matches(path: string): boolean {
    if (++this.#askedPaths % REMEMBERED_PATHS === 0) this.#rules = ignore(OPTIONS).add(this.#rules) // takes the rules, compiled as they are
    return this.#rules.ignores(path)
  }
}
