import fs from 'node:fs'
import path from 'node:path'

const PRIVATE = 0o700

/**
 * Makes a directory, and those that it lies in where they are missing, closed to everybody else; says whether it was made now.
 * Node's own way goes round for ever where a parent is there but takes nothing (ENOENT below /proc).
 * @throws the system's error, whose `path` is the directory that could not be made; EEXIST where something else has its name
 */
export function makeDirectories(directory: string): boolean {
  try {
    fs.mkdirSync(directory, { mode: PRIVATE })
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' || code === 'EROFS' || code === 'EACCES') return assertDirectory(directory, error)
    if (code !== 'ENOENT' || fs.existsSync(path.dirname(directory))) throw error
  }
  makeDirectories(path.dirname(directory))
  return makeDirectories(directory)
}

/** What is there is fine; a system that takes nothing may say so before it says that. */
function assertDirectory(directory: string, error: unknown): false {
  if (fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return false
  throw error
}
