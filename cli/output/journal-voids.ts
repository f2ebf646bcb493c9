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
