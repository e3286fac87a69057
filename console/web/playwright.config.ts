import { defineConfig } from '@playwright/test'

// BASE_URL and SIM_URL name consoles and their simulators that run already, such
// as those of `make run`; several, with spaces between, are a worker's each. Without
// them the make-believe console is started.
const port = 18_080
const worlds = process.env.BASE_URL?.split(' ')
const mine = Number(process.env.TEST_PARALLEL_INDEX ?? 0) // of the worker that reads this
const given = worlds?.[mine]
process.env.SIM_URL ??= given ? 'http://127.0.0.1:8090' : `http://127.0.0.1:${port + 10}`
if (process.env.TEST_PARALLEL_INDEX) process.env.SIM_URL = process.env.SIM_URL.split(' ')[mine]

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'e2e/results',
  timeout: 180_000,
  expect: { timeout: 20_000 }, // two browsers on a small machine; what has a mark of its own says so
  retries: 2, // a machine that was starved; such a test is listed as flaky
  workers: worlds?.length ?? 1, // the specs of a worker act on one station
  fullyParallel: false,
  reporter: [['list'], ['./e2e/verdict.ts']],
  // Pictures want the processors: they come last, beside few others.
  projects: [
    { name: 'desks', testIgnore: /camera/ },
    { name: 'pictures', testMatch: /camera.*\.spec/ },
  ],
  use: {
    baseURL: given ?? `http://127.0.0.1:${port}`,
    viewport: { width: 1920, height: 1080 },
    locale: 'en-US',
    timezoneId: 'America/New_York', // never the station's: the screens must not use the browser's zone
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  webServer: given
    ? undefined
    : {
        command: `node dev/mock.mjs -http ${port} -sim ${port + 10}`,
        url: `http://127.0.0.1:${port}/`,
        reuseExistingServer: false,
      },
})
