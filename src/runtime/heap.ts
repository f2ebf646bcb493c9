// What V8 may take for itself. Buffers are counted in budgets of their own; this is about the garbage of many small objects.

import { setFlagsFromString } from 'node:v8'

/**
 * Keeps the space for young objects as large as it is now, in this thread and in all that start later. V8 lets it grow to 48 MiB and
 * then keeps a multiple of it as garbage: 80 MB of a commit's peak, and no time saved (docs/decisions/0002). The flag only bounds
 * what the next garbage collection may ask for, so it is safe to set while the program runs, unlike those that change code or layout.
 */
export function stopHeapGrowth(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
