import { accept, acceptBytes, fill, reject, type Vector } from './vector.ts'

const HEX_64 = `ab${'01'.repeat(31)}`
const HEX_32 = '0f'.repeat(16)

function key(name: string, text: string): Vector {
  return acceptBytes('store-key', name, `the key ${text}`, Buffer.from(text))
}

function badKey(name: string, description: string, text: string): Vector {
  return reject('store-key', 'store-key', name, description, Buffer.from(text))
}

function series(name: string, text: string): Vector {
  return accept('series-name', name, `the name ${text}`, text)
}

function badSeries(name: string, description: string, text: string): Vector {
  return reject('series-name', 'series-name', name, description, Buffer.from(text))
}

/** Keys of a store and names of series. SPEC §3, §7.2 */
export const nameCases: readonly Vector[] = [
  key('repository', 'cairn.json'),
  key('slot', `keys/${HEX_32}`),
  key('journal', 'journal/0000000000000042'),
  key('checkpoint', `checkpoints/${HEX_64}`),
  key('manifest', `manifests/${HEX_64}`),
  key('segment', `index/${HEX_64}`),
  key('pack-data', `packs/data/ab/${HEX_64}`),
  key('pack-tree', `packs/tree/ab/${HEX_64}`),
  key('lease', `leases/${HEX_32}-00000007`),
  badKey('upper-case', 'an id in upper case', `manifests/${HEX_64.toUpperCase()}`),
  badKey('short-id', 'an id of 62 digits', `manifests/${HEX_64.slice(2)}`),
  badKey('shard', 'a pack below the wrong two digits', `packs/data/ac/${HEX_64}`),
  badKey('no-shard', 'a pack without the two digits', `packs/data/${HEX_64}`),
  badKey('pack-kind', 'a pack of an unknown kind', `packs/list/ab/${HEX_64}`),
  badKey('dot-dot', 'a way out of the store', `keys/../keys/${HEX_32}`),
  badKey('leading-slash', 'a key that begins with a slash', '/cairn.json'),
  badKey('short-sequence', 'a sequence of 15 digits', 'journal/000000000000042'),
  badKey('huge-sequence', 'a sequence beyond 2^53−1', 'journal/9007199254740992'),
  badKey('lease-renewal', 'a lease without a renewal number', `leases/${HEX_32}`),
  badKey('temporary', 'a file below tmp', `tmp/${HEX_32}`),
  badKey('newline', 'a key that ends with a line feed', 'cairn.json\n'),
  badKey('empty', 'no key at all', ''),
  series('plain', 'storage'),
  series('slashes', 'hosts/web-1/home.dir'),
  series('three-hex', 'abc'),
  series('longest', 'z'.repeat(128)),
  series('sixty-five-hex', 'a'.repeat(65)),
  badSeries('empty', 'no characters', ''),
  badSeries('too-long', '129 characters', 'z'.repeat(129)),
  badSeries('space', 'a space', 'my files'),
  badSeries('non-ascii', 'a letter beyond ASCII', 'größe'),
  badSeries('leading-dash', 'a dash in front', '-rf'),
  badSeries('leading-dot', 'a dot in front', '.hidden'),
  badSeries('double-slash', 'two slashes', 'a//b'),
  badSeries('dot-dot', 'two dots', 'a/..b'),
  badSeries('trailing-slash', 'a slash at the end', 'a/'),
  badSeries('latest', 'a word that is reserved', 'latest'),
  badSeries('hex-4', 'four hexadecimal digits', 'cafe'),
  badSeries('hex-64', '64 hexadecimal digits', fill(32, 0xab).toString('hex')),
]
