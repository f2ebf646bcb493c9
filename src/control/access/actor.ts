import { isActor } from '../../../format/names.ts'
import { UsageError } from '../../errors.ts'
import { userName } from '../../runtime/user.ts'

/**
 * Who is acting: what CAIRN_ACTOR says (`person:NAME`, `agent:NAME`, `schedule:NAME`), or the person who is logged in.
 * @throws {UsageError} `actor` when CAIRN_ACTOR is malformed or empty: an agent must not pass for a person by a slip.
 */
export function actorOf(env: NodeJS.ProcessEnv): string {
  const actor = env['CAIRN_ACTOR']
  if (actor === undefined) return `person:${userName()}`
  if (isActor(actor)) return actor
  throw new UsageError('actor', `CAIRN_ACTOR is '${actor.slice(0, 64)}', which names no actor.`, {
    hint: 'Use person:NAME, agent:NAME or schedule:NAME, of at most 4 KiB; unset it to act as the person who is logged in.',
  })
}

/** Whether the actor is an AI agent, which may neither destroy, nor overwrite, nor repair. */
export function isAgent(actor: string): boolean {
  return actor.startsWith('agent:')
}

/** Whether the actor is a scheduled job, which needs an owner's grant where a person would be asked. */
export function isSchedule(actor: string): boolean {
  return actor.startsWith('schedule:')
}
