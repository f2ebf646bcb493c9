// Glob patterns as people know them from shells: `*` and `?` stop at slashes, `**` does not; `[a-z]`, `[!a-z]`; `\` takes the next
// letter as it is. A leading dot is a letter like any other. Matched against bytes as latin1 text, so that any name can be matched.
// Each part of a pattern is tried at all positions at once, so no name takes longer than its length times the pattern's.

/** Says whether a path (latin1 text) matches. A pattern without a slash is held against the last name only; one that ends with a slash means directories. */
export type PathMatcher = (path: string, isDirectory?: boolean) => boolean

/** The positions that are reached in a text, 1 for each; told from those that the part of the pattern before has reached. */
type Step = (reached: Uint8Array, text: string) => Uint8Array

/** @throws {SyntaxError} when a bracket holds what cannot be a range, as `[z-a]`. */
export function globMatcher(pattern: string): PathMatcher {
  const name = pattern.replace(/\/+$/, '')
  if (name !== pattern) return directoryMatcher(globMatcher(name))
  const steps = stepsOf(Buffer.from(pattern.replace(/^\//, '')).toString('latin1'))
  if (pattern.includes('/')) return (path) => matches(steps, path)
  return (path) => matches(steps, path.slice(path.lastIndexOf('/') + 1))
}

function directoryMatcher(matcher: PathMatcher): PathMatcher {
  return (path, isDirectory) => isDirectory === true && matcher(path)
}

function matches(steps: readonly Step[], text: string): boolean {
  let reached = new Uint8Array(text.length + 1)
  reached[0] = 1
  for (const step of steps) {
    reached = step(reached, text) as Uint8Array<ArrayBuffer>
    if (!reached.includes(1)) return false
  }
  return reached[text.length] === 1
}

const TOKEN = /\*\*\/|\*\*|\*|\?|\[(!?)((?:\]|\\.|[^\]\\])(?:\\.|[^\]\\])*)\]|\\(.)|([^*?[\\]+|.)/gs

function stepsOf(pattern: string): Step[] {
  return [...pattern.matchAll(TOKEN)].map(([token, negated, set, quoted]) => {
    if (token === '**/') return directories
    if (token === '**') return anything
    if (token === '*') return withinName
    if (token === '?') return oneCharacter
    if (set !== undefined) return oneOf(new RegExp(`^(?!/)[${negated ? '^' : ''}${set.replace(/[\]\\^[]/g, '\\$&')}]$`, 's'))
    return literally(quoted ?? token)
  })
}

const directories: Step = (reached, text) => {
  const next = reached.slice()
  let begun = false
  for (let at = 1; at <= text.length; at++) {
    begun ||= reached[at - 1] === 1
    if (begun && text[at - 1] === '/') next[at] = 1
  }
  return next
}

const anything: Step = (reached) => reached.slice().fill(1, reached.indexOf(1))

const withinName: Step = (reached, text) => {
  const next = reached.slice()
  for (let at = 1; at <= text.length; at++) if (next[at - 1] === 1 && text[at - 1] !== '/') next[at] = 1
  return next
}

const oneCharacter: Step = (reached, text) => {
  const next = new Uint8Array(reached.length)
  for (let at = reached.indexOf(1); at < text.length; at++) {
    if (reached[at] !== 1 || text[at] === '/') continue
    next[at + 1] = 1
    next[at + characterLength(text, at)] = 1
  }
  return next
}

function oneOf(set: RegExp): Step {
  return (reached, text) => {
    const next = new Uint8Array(reached.length)
    for (let at = reached.indexOf(1); at < text.length; at++) if (reached[at] === 1 && set.test(text[at]!)) next[at + 1] = 1
    return next
  }
}

function literally(literal: string): Step {
  return (reached, text) => {
    const next = new Uint8Array(reached.length)
    for (let at = text.indexOf(literal); at !== -1; at = text.indexOf(literal, at + 1)) if (reached[at] === 1) next[at + literal.length] = 1
    return next
  }
}

const CHARACTER = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|./sy

/** Bytes of the character of UTF-8 at a position; 1 where there is none. */
function characterLength(text: string, at: number): number {
  CHARACTER.lastIndex = at
  return CHARACTER.exec(text)![0].length
}
