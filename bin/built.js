// dist/ holds builds of the program, each in a few files, which load in half the time of some two hundred. In a checkout the current one
// is run only while it is what the sources say: each has the size and the time that it was built from. A build is never changed, so
// that a long commit starts its threads from its own, whatever is built meanwhile. Plain JavaScript, as launch.js is.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Names the current build: `{ build, sources: [[file, size, mtimeMs]], outputs: [[file, size]] }`, sources relative to the package. */
export const CURRENT = 'dist/current.json'

/** What to run for `entry` (a module path without extension, relative to `root`): that of the current build, or the source. */
export function moduleOf(root, entry) {
  const directory = fileURLToPath(root)
  const current = currentBuild(directory, entry)
  // Node refuses to strip types below node_modules: a published package carries dist/ and no src/.
  const published = !existsSync(directory + 'src')
  if (published && current === undefined) throw new Error(`This package of cairn is not whole: ${directory}dist. Install it again.`)
  const isBuilt = current !== undefined && (published || current.sources.every(([file, ...stamp]) => isStamp(directory + file, stamp)))
  return new URL(isBuilt ? `dist/${current.build}/${entry}.js` : `${entry}.ts`, root)
}

/** Size and time of a file, as a build notes them of its sources; undefined when there is none, or none that this user may look at. */
export function stampOf(file) {
  try {
    const { size, mtimeMs } = statSync(file)
    return [size, mtimeMs]
  } catch {
    return undefined
  }
}

/** A build whose files were cut by a crash or a full disk is none: an empty program would do nothing, and call that a success. */
function currentBuild(directory, entry) {
  const current = readCurrent(directory + CURRENT)
  if (!isCurrent(current)) return undefined
  const { build, outputs } = current
  const isWhole = outputs.every(([file, size]) => isStamp(`${directory}dist/${build}/${file}`, [size]))
  return isWhole && outputs.some(([file]) => file === `${entry}.js`) ? current : undefined
}

/** What another version of the program has built, or somebody has written there, may look otherwise. */
function isCurrent(current) {
  return /^[0-9a-f]{16}$/.test(current?.build) && areStamps(current.sources, 3) && areStamps(current.outputs, 2)
}

function areStamps(list, length) {
  return Array.isArray(list) && list.every((stamp) => Array.isArray(stamp) && stamp.length === length && typeof stamp[0] === 'string')
}

function isStamp(file, noted) {
  const stamp = stampOf(file)
  return stamp !== undefined && noted.every((part, index) => part === stamp[index])
}

function readCurrent(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // nothing was built
  }
}
