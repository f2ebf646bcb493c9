// Glob patterns as people know them from shells: `*` and `?` stop at slashes, `**` does not; `[a-z]`, `[!a-z]`; `\` takes the next
// letter as it is. A leading dot is a letter like any other. Matched against bytes as latin1 text, so that any name can be matched.

/** Says whether a path (latin1 text) matches. A pattern without a slash is held against the last name only. */
export type PathMatcher = (path: string) => boolean

/** @throws {SyntaxError} when a bracket holds what cannot be a range, as `[z-a]`. */
export function globMatcher(pattern: string): PathMatcher {
  const latin1 = Buffer.from(pattern.replace(/^\//, '')).toString('latin1')
  const expression = new RegExp(`^${expressionOf(latin1)}$`, 's')
  if (pattern.includes('/')) return (path) => expression.test(path)
  return (path) => expression.test(path.slice(path.lastIndexOf('/') + 1))
}

const TOKEN = /\*\*\/|\*\*|\*|\?|\[(!?)((?:\]|\\.|[^\]\\])(?:\\.|[^\]\\])*)\]|\\(.)|(.)/gs
/** One character of UTF-8 in latin1 letters; any single byte where it is none. */
const CHARACTER = '(?:[\\xc2-\\xdf][\\x80-\\xbf]|[\\xe0-\\xef][\\x80-\\xbf]{2}|[\\xf0-\\xf4][\\x80-\\xbf]{3}|[^/])'

function expressionOf(pattern: string): string {
  return pattern.replace(TOKEN, (token, negated: string | undefined, set: string | undefined, quoted: string | undefined) => {
    if (token === '**/') return '(?:.*/)?'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return CHARACTER
    if (set !== undefined) return `(?!/)[${negated ? '^' : ''}${set.replace(/[\]\\^[]/g, '\\$&')}]`
    return (quoted ?? token).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
  })
}
