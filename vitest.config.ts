import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/real/**', 'node_modules/**'],
    testTimeout: 180_000,
    maxConcurrency: 6,
    setupFiles: ['test/support/setup.ts'],
  },
})
