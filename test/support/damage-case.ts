// One seeded damage, seen by everybody whose view differs, and by `verify` with data: noticed, and no more lost than the law says.

import { expect } from 'vitest'
import { CaseCounter } from '../../bench/case-counter.ts'
import { recordReliability } from '../../bench/reliability.ts'
import { seededRandom } from '../../bench/seeded.ts'
import { isCairnError } from '../../cli/exit-codes.ts'
import { type VerifyOutcome, verify } from '../../src/operations/verify/verify.ts'
import type { Repository } from '../../src/repository/repository.ts'
import { type Damage, type Damaged, damage } from './damage.ts'
import { fateOf, type Kind, keysOfKind, viewersOf } from './damage-law.ts'
import { type Inspection, inspect } from './inspect.ts'
import type { Museum } from './museum.ts'
import { storeOf } from './stored-objects.ts'

/** What a verification must name by its store key whenever it is damaged; the others may show in another way. */
const NAMED_BY_VERIFY: readonly Kind[] = ['manifests', 'index', 'packs/data', 'packs/tree', 'checkpoints', 'leases']
/** What may be missing without harm: a hint, and a sign of life. */
const MAY_BE_MISSING: readonly Kind[] = ['cairn.json', 'leases']

export class DamageCases {
  readonly #cases = new CaseCounter()

  /** How many cases there were that ended as they must. */
  get count(): number {
    return this.#cases.passedCount()
  }

  /** Tries one case. @throws {Error} that names it and why. */
  async try(museum: Museum, kind: Kind, how: Damage, seed: number): Promise<void> {
    const damaged = damage(museum.objects, keysOfKind(museum, kind), how, seededRandom(seed))
    if (damaged === undefined) return // the only file of a kind cannot change places
    const tried = this.#cases.try(`${how} in ${kind}`, () => tryDamage(museum, kind, how, damaged))
    await tried.catch((cause: unknown) => {
      throw new Error(`${how} ${kind}, seed ${seed}: ${(cause as Error).message}`, { cause })
    })
  }

  record(section: string): void {
    recordReliability(section, this.#cases)
  }
}

async function tryDamage(museum: Museum, kind: Kind, how: Damage, damaged: Damaged): Promise<void> {
  const seen: Inspection[] = []
  for (const viewer of viewersOf(kind)) {
    seen.push(await inspect(await storeOf(damaged.objects), museum, viewer, fateOf(museum, kind, how, damaged, viewer)))
  }
  const [first] = seen.filter(({ repository }) => repository !== undefined)
  const verified = first?.repository && (await verifyOrRefuse(first.repository))
  if (verified !== undefined) expectVerdict(kind, how, damaged, first!, verified)
  const isNoticed =
    seen.some(({ isRefused, lost }) => isRefused || [...lost.values()].some(({ size }) => size > 0)) || verified?.ok === false
  expect(isNoticed || (how === 'delete' && MAY_BE_MISSING.includes(kind)), 'noticed').toBe(true)
}

async function verifyOrRefuse(repository: Repository): Promise<VerifyOutcome | undefined> {
  try {
    return await verify(repository, { dataShare: 1 })
  } catch (error) {
    if (!isCairnError(error)) throw error
    return undefined
  }
}

function expectVerdict(kind: Kind, how: Damage, { regions }: Damaged, { lost }: Inspection, { ok, problems }: VerifyOutcome): void {
  if (NAMED_BY_VERIFY.includes(kind) && !(how === 'delete' && (MAY_BE_MISSING.includes(kind) || kind === 'index'))) {
    expect(ok, 'verified').toBe(false)
    const named = problems.map(({ object }) => object)
    for (const key of regions.keys()) expect(named).toContain(key)
  }
  if (!kind.startsWith('packs/') && kind !== 'manifests') return
  // LESSONS: pgBackRest #2139: verify passes on a backup that cannot be restored. What it tells must be just what is lost.
  expect(harmOf(problems)).toEqual(topOf(lost))
}

interface Harm {
  readonly snapshots: readonly string[]
  readonly paths: readonly string[]
}

/** The snapshots and paths that problems say they harm. */
function harmOf(problems: VerifyOutcome['problems']): Harm {
  const paths = problems.flatMap((problem) => problem.paths.map((path) => Buffer.from(path).toString('latin1')))
  return { snapshots: unique(problems.flatMap(({ snapshots }) => snapshots)), paths: unique(paths) }
}

/** What is lost, without what lies below a lost directory. */
function topOf(lost: Inspection['lost']): Harm {
  const harmed = [...lost].filter(([, paths]) => paths.size > 0)
  const paths = harmed.flatMap(([, all]) => [...all].filter((path) => !hasLostParent(all, path)))
  return { snapshots: unique(harmed.map(([snapshot]) => snapshot)), paths: unique(paths.map((path) => path.slice(1))) }
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}

function hasLostParent(paths: ReadonlySet<string>, path: string): boolean {
  const parents = path.split('/').map((_, index, parts) => parts.slice(0, index).join('/'))
  return parents.slice(1).some((parent) => paths.has(parent))
}
