// The real program as a subprocess, with a home, a repository and a sample of its own.

import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const LAUNCHER = path.join(import.meta.dirname, '../../bin/cairn.js')

/** Of util-linux: runs a command at a terminal of its own. */
const TERMINAL = 'script'

/** Takes the Node that runs it for an old one, and the one that is started from it for what it is. */
const OLD_NODE = `
if (process.env.TEST_STARTED === undefined)
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })
process.env.TEST_STARTED = 'yes'
await import(${JSON.stringify(LAUNCHER)})
`

export interface CliResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export class CliPlace {
  readonly directory: string
  readonly env: Record<string, string>

  readonly #uid: number | undefined

  /** Programs run as the user `uid`, when it is given; only root can do that. */
  constructor(uid?: number) {
    this.#uid = uid
    this.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'cairn-cli-'))
    if (uid !== undefined) fs.chownSync(this.directory, uid, uid)
    this.env = { CAIRN_HOME: this.at('home'), CAIRN_REPO: this.at('repository') }
  }

  /** An absolute path in this place. */
  at(...parts: string[]): string {
    return path.join(this.directory, ...parts)
  }

  /** Writes a file below this place and returns its path. */
  write(name: string, content: string | Uint8Array): string {
    const file = this.at(name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, content)
    return file
  }

  start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
    return this.#spawn(process.execPath, [LAUNCHER, ...args], env)
  }

  /** As `start`, where the program sees two cores; on a machine that has no more it is the same. */
  startOnTwoCores(args: readonly string[]): ChildProcess {
    if (os.availableParallelism() <= 2) return this.start(args)
    return this.#spawn('taskset', ['-c', '0,1', process.execPath, LAUNCHER, ...args])
  }

  /** As `start`, in a process group of its own, where `node` is an old one: the program is a child of the launcher. */
  startUnderLauncher(args: readonly string[], stdin?: number): ChildProcess {
    const stdio: StdioOptions = [stdin ?? 'pipe', 'pipe', 'pipe']
    return this.#spawn(process.execPath, [this.write('old-node.mjs', OLD_NODE), ...args], {}, { detached: true, stdio })
  }

  /** As `start`, in a process group of its own. */
  startAsGroup(args: readonly string[]): ChildProcess {
    return this.#spawn(process.execPath, [LAUNCHER, ...args], {}, { detached: true })
  }

  /** Runs a line of sh, in which `"$0" "$1"` stands for the program. */
  async shell(line: string): Promise<CliResult> {
    return outcomeOf(this.#spawn('/bin/sh', ['-c', line, process.execPath, LAUNCHER]))
  }

  /** Runs a line of sh, as in `shell`, at a terminal of its own: `script` of util-linux makes it. What is printed comes on stdout. */
  startAtTerminal(line: string): ChildProcess {
    const quoted = [process.execPath, LAUNCHER].map((each) => `'${each}'`).join(' ')
    return this.#spawn(TERMINAL, ['-qec', `set -- ${quoted}; ${line}`, '/dev/null'], { SHELL: '/bin/sh', TERM: 'xterm' })
  }

  #spawn(
    command: string,
    args: readonly string[],
    env: Record<string, string> = {},
    more: { detached?: boolean; stdio?: StdioOptions } = {},
  ): ChildProcess {
    const user = this.#uid === undefined ? {} : { uid: this.#uid, gid: this.#uid }
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(CAIRN_|VITEST|NODE_OPTIONS)/.test(name)))
    return spawn(command, args, { cwd: this.directory, env: { ...inherited, ...this.env, ...env }, ...user, ...more })
  }

  async run(args: readonly string[], options: { readonly env?: Record<string, string>; readonly stdin?: string } = {}): Promise<CliResult> {
    const child = this.start(args, options.env)
    child.stdin?.end(options.stdin ?? '')
    return outcomeOf(child)
  }

  /** Runs with --json and returns the last line of stdout as an object. @throws when the exit code is another. */
  async json(
    args: readonly string[],
    options: { readonly env?: Record<string, string>; readonly stdin?: string; readonly code?: number } = {},
    // oxlint-disable-next-line typescript/no-explicit-any -- tests look into whatever the program says
  ): Promise<any> {
    const result = await this.run([...args, '--json'], options)
    if (result.code !== (options.code ?? 0)) throw new Error(`exit ${result.code}: ${args.join(' ')}\n${result.stdout}${result.stderr}`)
    return JSON.parse(result.stdout.trimEnd().split('\n').at(-1)!)
  }

  remove(): void {
    fs.rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Why no terminal can be had here; undefined when it can. */
export function whyNoTerminal(): string | undefined {
  const { status, error } = spawnSync(TERMINAL, ['-qec', 'test -t 0', '/dev/null'], { env: { ...process.env, SHELL: '/bin/sh' } })
  return status === 0 ? undefined : `it takes script of util-linux: ${error?.message ?? `exit ${status}`}`
}

/** What a started program said, and how it ended. */
export async function outcomeOf(child: ChildProcess): Promise<CliResult> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (data: Buffer) => out.push(data))
  child.stderr?.on('data', (data: Buffer) => err.push(data))
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  return { code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }
}
