// Bundles the program into dist/: one file for each entry and each thread, and the licences of what they hold. `npm ci` runs it by
// itself; without the developers' packages there is nothing to build with, and the sources run as they are.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { CURRENT, stampOf } from '../bin/built.js'

const ROOT = path.join(import.meta.dirname, '..')
const DIST = path.join(ROOT, 'dist')
const ENTRIES = ['cli/main', 'cli/demo/start']
/** A thread is started from the file beside the one that asks for it. */
const THREADS = fs.globSync('src/operations/*/*-thread.ts', { cwd: ROOT })
/** Native code and large WebAssembly, which no bundle can hold. */
const EXTERNAL = ['better-sqlite3', 'koffi', 'libsodium-wrappers']
/** What npm installed: other packages, other bundle. */
const INSTALLED = 'node_modules/.package-lock.json'
/** Builds that stay: a program that runs may start threads from one of them. */
const BUILDS_KEPT = 3
const ATTEMPTS = 5

const bundler = await installedBundler()
if (bundler === undefined) {
  fs.rmSync(path.join(ROOT, CURRENT), { force: true })
  process.stdout.write('dist/ is not built: rolldown is not installed. The sources run as they are.\n')
} else {
  const scratch = fs.mkdtempSync(path.join(ROOT, '.build-'))
  try {
    await build(bundler.rolldown, scratch)
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true })
  }
}

async function installedBundler() {
  try {
    return await import('rolldown')
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/** A build is named after its bytes and never changed; what names it comes last. Two at once, or a crash, leave one that runs. */
async function build(rolldown, scratch) {
  const directory = path.join(scratch, 'build')
  const sources = await bundleSteadily(rolldown, directory)
  const files = fs.globSync('**/*', { cwd: directory, withFileTypes: true }).filter((entry) => entry.isFile())
  const outputs = files.map((file) => path.relative(directory, path.join(file.parentPath, file.name))).sort(byText)
  const hash = createHash('sha256')
  for (const file of outputs) hash.update(durable(path.join(directory, file)))
  const name = hash.digest('hex').slice(0, 16)
  fs.mkdirSync(DIST, { recursive: true })
  place(directory, path.join(DIST, name))
  const sizes = outputs.map((file) => [file, fs.statSync(path.join(DIST, name, file)).size])
  fs.writeFileSync(path.join(scratch, 'current.json'), JSON.stringify({ build: name, sources, outputs: sizes }), { flush: true })
  fs.renameSync(path.join(scratch, 'current.json'), path.join(ROOT, CURRENT))
  removeOld(name)
}

/** Bundles until no source changed meanwhile: what is saved between reading and noting it would count as built. */
async function bundleSteadily(rolldown, directory) {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const before = stamps(fs.globSync('{cli,src,format}/**/*.ts', { cwd: ROOT }))
    const modules = await bundleAll(rolldown, directory)
    const own = modules.map((module) => path.relative(ROOT, module)).filter((file) => !/^\.\.|(^|\/)node_modules\//.test(file))
    const after = stamps(own.sort(byText))
    const known = new Set(before.map(String))
    if (after.every((stamp) => known.has(String(stamp)))) return [...after, ...stamps([INSTALLED])]
  }
  throw new Error('The sources changed each time while they were built.')
}

function stamps(files) {
  return files.flatMap((file) => {
    const stamp = stampOf(path.join(ROOT, file))
    return stamp === undefined ? [] : [[file, ...stamp]]
  })
}

/** Writes all files of a build, and answers with the modules that they hold. */
async function bundleAll(rolldown, directory) {
  const modules = new Set()
  for (const entry of ENTRIES) for (const module of await bundle(rolldown, directory, entry, `${entry}.ts`)) modules.add(module)
  for (const thread of THREADS) {
    for (const module of await bundle(rolldown, directory, `cli/${path.basename(thread, '.ts')}`, thread)) modules.add(module)
  }
  fs.writeFileSync(path.join(directory, 'LICENSES.md'), licencesOf([...modules]))
  return [...modules]
}

async function bundle(rolldown, dir, name, input) {
  const bundled = await rolldown({ input: { [name]: input }, cwd: ROOT, platform: 'node', external: EXTERNAL })
  const { output } = await bundled.write({ dir, format: 'esm', entryFileNames: '[name].js', codeSplitting: false, keepNames: true })
  await bundled.close()
  return output.flatMap((chunk) => chunk.moduleIds).filter((id) => path.isAbsolute(id))
}

/** The bytes of a file, which are on the disk then. */
function durable(file) {
  const handle = fs.openSync(file, 'r+')
  fs.fsyncSync(handle)
  fs.closeSync(handle)
  return fs.readFileSync(file)
}

/** Puts a build into its place. One of that name has the same bytes, or a crash cut it. */
function place(directory, target) {
  for (const file of fs.globSync('**/*.{js,md}', { cwd: directory })) {
    fs.mkdirSync(path.dirname(path.join(target, file)), { recursive: true })
    fs.renameSync(path.join(directory, file), path.join(target, file))
  }
}

function removeOld(name) {
  const builds = fs.readdirSync(DIST, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== name)
  const byAge = builds.map(({ name: other }) => path.join(DIST, other)).sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs)
  for (const old of byAge.slice(BUILDS_KEPT - 1)) fs.rmSync(old, { recursive: true, force: true })
}

function licencesOf(modules) {
  const packages = modules.flatMap((module) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module) ?? [])
  return [...new Set(packages)].sort(byText).map(licenceOf).join('\n')
}

function licenceOf(directory) {
  const { name, version } = JSON.parse(fs.readFileSync(path.join(directory, 'package.json'), 'utf8'))
  const [file] = fs.globSync('{LICENSE,LICENCE,License,license}*', { cwd: directory })
  if (file === undefined) throw new Error(`${name} has no licence file: dist/ may not hold it.`)
  return `# ${name} ${version}\n\n${fs.readFileSync(path.join(directory, file), 'utf8')}`
}

function byText(a, b) {
  return a < b ? -1 : Number(a > b)
}
