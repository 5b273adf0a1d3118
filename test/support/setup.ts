delete process.env.CI
