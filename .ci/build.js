// Bundles the program into dist/: one file for each entry and each thread, the list of their sources, and the licences of what they
// hold. `npm ci` runs it by itself; without the developers' packages there is nothing to build with, and the sources run as they are.
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { SOURCES_FILE, stampOf } from '../bin/built.js'

const ROOT = path.join(import.meta.dirname, '..')
const ENTRIES = ['cli/main', 'cli/demo/start']
/** A thread is started from the file beside the one that asks for it. */
const THREADS = globSync('src/operations/*/*-thread.ts', { cwd: ROOT })
/** Native code and large WebAssembly, which no bundle can hold. */
const EXTERNAL = ['better-sqlite3', 'koffi', 'libsodium-wrappers']

const bundler = await installedBundler()
if (bundler === undefined) process.stdout.write('dist/ is not built: rolldown is not installed. The sources run as they are.\n')
else await build(bundler)

async function installedBundler() {
  try {
    return await import('rolldown')
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}

async function build({ rolldown }) {
  const before = path.join(ROOT, 'dist.new')
  rmSync(before, { recursive: true, force: true })
  const inputs = [
    ...ENTRIES.map((entry) => ({ name: entry, input: `${entry}.ts` })),
    ...THREADS.map((thread) => ({ name: `cli/${path.basename(thread, '.ts')}`, input: thread })),
  ]
  const modules = new Set()
  for (const input of inputs) for (const module of await bundle(rolldown, before, input)) modules.add(module)
  writeFileSync(path.join(before, path.basename(SOURCES_FILE)), JSON.stringify(stamped([...modules])))
  writeFileSync(path.join(before, 'LICENSES.md'), licencesOf([...modules]))
  rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true })
  renameSync(before, path.join(ROOT, 'dist'))
}

/** Writes one file, and answers with the modules that it holds. */
async function bundle(rolldown, dir, { name, input }) {
  const bundled = await rolldown({ input: { [name]: input }, cwd: ROOT, platform: 'node', external: EXTERNAL })
  const { output } = await bundled.write({ dir, format: 'esm', entryFileNames: '[name].js', codeSplitting: false, keepNames: true })
  await bundled.close()
  return output.flatMap((chunk) => chunk.moduleIds).filter((id) => path.isAbsolute(id))
}

function stamped(modules) {
  const own = modules.map((module) => path.relative(ROOT, module)).filter((file) => !file.startsWith('node_modules'))
  return own.sort(byText).map((file) => [file, ...stampOf(ROOT + path.sep, file)])
}

function licencesOf(modules) {
  const packages = modules.flatMap((module) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module) ?? [])
  return [...new Set(packages)].sort(byText).map(licenceOf).join('\n')
}

function licenceOf(directory) {
  const { name, version } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'))
  const [file] = globSync('{LICENSE,LICENCE,License,license}*', { cwd: directory })
  if (file === undefined) throw new Error(`${name} has no licence file: dist/ may not hold it.`)
  return `# ${name} ${version}\n\n${readFileSync(path.join(directory, file), 'utf8')}`
}

function byText(a, b) {
  return a < b ? -1 : Number(a > b)
}
