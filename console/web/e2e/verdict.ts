import type { FullConfig, Reporter, Suite, TestCase } from '@playwright/test/reporter'

/** Says at the very end, in few lines, what failed and why: what is read first when a run is red. */
export default class Verdict implements Reporter {
  private all: Suite | undefined

  onBegin(_config: FullConfig, all: Suite) {
    this.all = all
  }

  onEnd() {
    for (const test of this.all?.allTests() ?? []) if (test.outcome() !== 'skipped' && !test.ok()) say(test)
  }

  printsToStdio() {
    return false
  }
}

function say(test: TestCase) {
  const place = `${test.location.file.split('/').pop()}:${test.location.line}`
  process.stdout.write(`\nFAILED ${place} ${test.title}\n`)
  for (const error of test.results.at(-1)?.errors ?? []) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    const words = (error.message ?? error.value ?? '').replace(/\u001b\[[0-9;]*m/g, '').split('\n')
    for (const line of words.filter((l) => l.trim() !== '').slice(0, 12))
      process.stdout.write(`  ${line.slice(0, 300)}\n`)
    if (error.location) process.stdout.write(`  at ${error.location.file.split('/').pop()}:${error.location.line}\n`)
  }
}
