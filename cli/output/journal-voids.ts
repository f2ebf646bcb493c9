import { colour, plural } from './human.ts'
import type { Output } from './output.ts'

/** Somebody with write access left them, or the store damaged an entry: nobody should overlook that. */
export function warnOfVoids(output: Output, voids: readonly { readonly sequence: number; readonly reason?: string }[]): void {
  if (voids.length === 0) return
  const shown = voids.slice(0, 10).map(({ sequence, reason }) => (reason === undefined ? `${sequence}` : `${sequence} (${reason})`))
  const rest = voids.length > shown.length ? ', …' : ''
  output.warning(
    colour('red', `WARNING: ${plural(voids.length, 'journal slot')} void, which counts for nothing: ${shown.join(', ')}${rest}`),
  )
}

/** New machines cannot tell junk from an entry that was damaged: what it said is missing here, and nothing else says so. */
export function warnOfVoidEnd(output: Output, slots: readonly { readonly sequence: number }[]): void {
  const [first] = slots
  if (first === undefined) return
  const which =
    slots.length === 1
      ? `The last journal slot (${first.sequence}) is`
      : `The last ${slots.length} journal slots (from ${first.sequence} on) are`
  output.warning(
    colour(
      'red',
      `WARNING: ${which} void: junk, or damaged entries, and then snapshots may be missing here.\n` +
        "  Before this machine writes, compare with another one or with a copy of the store: see 'Void slots at the end' in docs/recovery.md.",
    ),
  )
}
