import { defineConfig } from 'vitest/config'

const slow = process.env['SLOW'] === '1'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Tests that need minutes are named *.slow.test.ts and run by `npm run test:slow`.
    exclude: slow ? [] : ['test/**/*.slow.test.ts'],
    pool: 'forks',
    maxWorkers: '100%',
    testTimeout: slow ? 3_600_000 : 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    coverage: { provider: 'v8', include: ['format/**/*.ts', 'src/**/*.ts', 'cli/**/*.ts'] },
  },
})
