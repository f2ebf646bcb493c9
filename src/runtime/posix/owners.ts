import { readFileSync } from 'node:fs'

/** Names and numbers of users and groups, both ways; undefined where this machine knows none. */
export interface OwnerNames {
  userName(uid: number): string | undefined
  groupName(gid: number): string | undefined
  userId(name: string): number | undefined
  groupId(name: string): number | undefined
}

interface Table {
  readonly nameById: ReadonlyMap<number, string>
  readonly idByName: ReadonlyMap<string, number>
}

let cached: OwnerNames | undefined

/** The names of this machine, from /etc/passwd and /etc/group, read once; directory services are not asked. */
export function ownerNames(): OwnerNames {
  cached ??= loadOwnerNames('/etc/passwd', '/etc/group')
  return cached
}

/**
 * The names in files of the form of passwd(5) and group(5); a file that is absent names nobody.
 * As in the C library, the first line of an id or name wins; malformed lines count for nothing.
 * @throws {Error} of node:fs when a file exists and cannot be read
 */
export function loadOwnerNames(passwdPath: string, groupPath: string): OwnerNames {
  const users = parse(readOrEmpty(passwdPath))
  const groups = parse(readOrEmpty(groupPath))
  return {
    userName: (uid) => users.nameById.get(uid),
    groupName: (gid) => groups.nameById.get(gid),
    userId: (name) => users.idByName.get(name),
    groupId: (name) => groups.idByName.get(name),
  }
}

// Both files have the name first and the number third: `name:password:id:…`.
function parse(text: string): Table {
  const nameById = new Map<number, string>()
  const idByName = new Map<string, number>()
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':')
    // '+' and '-' begin the old directory-service lines, '#' a comment on some systems.
    if (!name || /^[#+-]/.test(name) || id === undefined || !/^\d{1,10}$/.test(id)) continue
    if (!nameById.has(Number(id))) nameById.set(Number(id), name)
    if (!idByName.has(name)) idByName.set(name, Number(id))
  }
  return { nameById, idByName }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
