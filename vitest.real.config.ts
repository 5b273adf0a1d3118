import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/real/**/*.test.ts'],
    testTimeout: (process.env.SE_REAL_PART === '1' ? 8 : 30) * 60_000,
    hookTimeout: (process.env.SE_REAL_PART === '1' ? 6 : 15) * 60_000,
    fileParallelism: false,
    setupFiles: ['test/support/setup.ts'],
  },
})
