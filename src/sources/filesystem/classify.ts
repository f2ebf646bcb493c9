// Which of the four classes a file belongs to: database, config, logs, or plain files. By name.

/** Classes as in SPEC §6.7 field 15; absent means plain files. */
export type FileClass = 1 | 2 | 3

export const CLASS_DATABASE = 1
export const CLASS_CONFIG = 2
export const CLASS_LOGS = 3

const DATABASE_NAME = /\.(db|sqlite3?|db3|s3db|mdb|ldb|sst|ibd|frm|myd|myi|dump|sql)(-wal|-shm|-journal)?$/i
const CONFIG_NAME = /\.(conf|cfg|cnf|ini|ya?ml|toml|json5?|properties|env|service|timer|socket|rules|plist|desktop)$|^\.env|rc$/i
const LOG_NAME = /\.log(\.\d+)?(\.(gz|xz|zst|bz2))?$|^(syslog|messages|dmesg)(\.\d+)?$/i

/** The class that a name suggests; undefined for plain files. `name` is the last part of the path, as latin1 text. */
export function classOfName(name: string): FileClass | undefined {
  if (!name.includes('.') && !name.endsWith('rc') && !/^(syslog|messages|dmesg)/.test(name)) return undefined
  if (LOG_NAME.test(name)) return CLASS_LOGS
  if (DATABASE_NAME.test(name)) return CLASS_DATABASE
  return CONFIG_NAME.test(name) ? CLASS_CONFIG : undefined
}
