import type { Entry } from '../../../format/tree.ts'

/** Which names are one file (hard links), on each side of a comparison. A group is known by the first of its names that both sides have. */
export class LinkGroups {
  readonly #before = new Map<string, number>()
  readonly #after = new Map<string, number>()
  #names = 0

  /** Whether a name that both sides have is one file with other names than it was. To be asked once of each name. */
  differ(before: Entry, after: Entry): boolean {
    const name = this.#names++
    return firstOf(this.#before, before, name) !== firstOf(this.#after, after, name)
  }
}

function firstOf(groups: Map<string, number>, { link }: Entry, name: number): number {
  if (link === undefined) return name
  const group = Buffer.from(link).toString('latin1')
  const first = groups.get(group) ?? name
  groups.set(group, first)
  return first
}
