// Starts a TypeScript entry of this package under Node 24 or later, whatever `node` stands first on PATH.
// Older Nodes cannot strip types and crash on our native modules, so everything here is plain JavaScript that Node 18 can parse.
import { fstatSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { misread, refuse as refuseWord } from './argument-bytes.js'
import { moduleOf } from './built.js'

const NEEDED_MAJOR = 24
const EXIT_USAGE = 2
/** Set for a child, whose launcher holds the other end of a pipe: it is closed when the launcher is gone. */
const LEASH = 'CAIRN_LAUNCHER_FD'
const LEASH_FD = 3
const root = new URL('../', import.meta.url)

/** Runs `entry` (a module path without extension, relative to the package) in this process, or in a child under the local Node. */
export async function launch(entry) {
  const word = misread()
  if (word !== undefined) return refuseWord(word)
  if (Number.parseInt(process.versions.node, 10) >= NEEDED_MAJOR) return runHere(entry)
  const node = localNode()
  if (node === undefined) return refuse()
  await rerunUnder(node)
}

async function runHere(entry) {
  if (process.env[LEASH] !== undefined) await endWithLauncher()
  cacheCompiledCode()
  await import(moduleOf(root, entry).href)
}

/** Who kills the launcher by SIGKILL, the out-of-memory killer too, means the program: it must not go on unseen. */
async function endWithLauncher() {
  const { Socket } = await import('node:net')
  delete process.env[LEASH]
  if (!fstatSync(LEASH_FD).isSocket()) return
  const leash = new Socket({ fd: LEASH_FD, readable: true, writable: false })
  leash.on('close', () => process.kill(process.pid, 'SIGKILL'))
  leash.on('error', () => undefined) // 'close' follows
  leash.resume()
  leash.unref()
}

function cacheCompiledCode() {
  // Inside the package, not in the shared /tmp: whoever can plant code in this cache can already change the program itself.
  const directory = process.env.NODE_COMPILE_CACHE ?? fileURLToPath(new URL('node_modules/.cache/cairn', root))
  module.enableCompileCache(directory)
  // Worker threads and child processes do not inherit the call above, only the variable.
  process.env.NODE_COMPILE_CACHE = directory
}

/** The Node that npm installed as an optional dependency, where there is one for this platform. */
function localNode() {
  try {
    return createRequire(import.meta.url).resolve(`node-${process.platform}-${process.arch}/bin/node`)
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

function refuse() {
  process.stderr.write(
    `cairn needs Node ${NEEDED_MAJOR} or later; this is ${process.version}, and no local one is installed.\n` +
      'On Linux x64 and arm64 `npm ci` brings one (do not omit optional dependencies); elsewhere get it from https://nodejs.org/.\n',
  )
  process.exitCode = EXIT_USAGE
}

async function rerunUnder(node) {
  const { spawn } = await import('node:child_process') // loading it takes 8 ms that only this way needs
  const child = spawn(node, [...process.execArgv, ...process.argv.slice(1)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [LEASH]: String(LEASH_FD) },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // What goes to the whole group (Ctrl-C, systemd) reaches the child twice: it takes that for one.
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => {
    process.stderr.write(`cairn cannot start ${node}: ${error.message}\n`)
    process.exitCode = EXIT_USAGE
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
}
