/** Whether the large counts are run: `npm run test:slow`. */
export const SLOW = process.env['SLOW'] === '1'

/** How long a test may take that tries many cases, in ms. */
export const MANY_CASES_MS = SLOW ? 3_600_000 : 600_000
