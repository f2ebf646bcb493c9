import os from 'node:os'
import { isActor } from '../format/names.ts'
import { UsageError } from '../src/errors.ts'

/**
 * Who is acting: what CAIRN_ACTOR says, or the person who is logged in. An agent marks itself so.
 * @throws {UsageError} `actor` when CAIRN_ACTOR is malformed: an agent must not pass for a person by a slip.
 */
export function actorOf(env: NodeJS.ProcessEnv): string {
  const actor = env['CAIRN_ACTOR'] ?? ''
  if (actor === '') return `person:${os.userInfo().username}`
  if (isActor(actor)) return actor
  throw new UsageError('actor', `CAIRN_ACTOR is '${actor}', which names no actor.`, { hint: 'Use person:NAME, agent:NAME or schedule:NAME.' })
}
