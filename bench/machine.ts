import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

/** What the figures depend on, in one line; `scratch` is the folder that repositories and corpora lie in. */
export function machineFacts(scratch: string): string {
  const processors = cpus()
  const memoryGiB = Math.round(totalmem() / 2 ** 30)
  const model = processors[0]?.model.trim() ?? 'unknown processor'
  return `${processors.length} cores (${model}), ${memoryGiB} GiB memory, Linux ${release()}, ${fileSystemOf(scratch)}, Node ${process.version}`
}

function fileSystemOf(path: string): string {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  const above = mounts.filter(([, point = '']) => path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`))
  const nearest = above.reduce<string[]>((best, mount) => ((mount[1] ?? '').length >= (best[1] ?? '').length ? mount : best), [])
  return nearest[2] ?? 'unknown file system'
}
