// dist/ holds the program in a few files, which load in half the time of some two hundred. In a checkout it is run only while it is
// what the sources say: each of them has the size and the time that it was built from. Plain JavaScript, as launch.js is.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Written by the build beside the bundle: each source, relative to the package, with its size and time. */
export const SOURCES_FILE = 'dist/sources.json'

/** What to run for `entry` (a module path without extension, relative to `root`): the bundle, or the source. */
export function moduleOf(root, entry) {
  // Node refuses to strip types below node_modules: a published package carries dist/ and no src/.
  const published = !existsSync(new URL('src/', root))
  return new URL(published || isCurrent(fileURLToPath(root)) ? `dist/${entry}.js` : `${entry}.ts`, root)
}

/** Size and time of a source below the directory `root`, as the build notes them; undefined when there is none. */
export function stampOf(root, file) {
  const stats = statSync(root + file, { throwIfNoEntry: false })
  return stats && [stats.size, stats.mtimeMs]
}

function isCurrent(root) {
  const noted = notedSources(root + SOURCES_FILE)
  if (noted === undefined) return false
  return noted.every(([file, ...stamp]) => {
    const now = stampOf(root, file)
    return now !== undefined && now.every((part, index) => part === stamp[index])
  })
}

function notedSources(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // not built, or a build that was interrupted
  }
}
