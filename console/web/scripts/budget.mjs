// Fails when the first load carries more than 230 kB of compressed JavaScript.
// The first load is what the page needs before an officer sees Control: the
// entry, what it imports, and the chunks of the Control page.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const limit = 230_000
const first = ['index.html', 'src/shell/start.tsx', 'src/alarms/control.tsx', 'src/i18n/en/index.ts']

const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'))
const files = new Set()
const add = (key) => {
  const chunk = manifest[key]
  if (!chunk || files.has(chunk.file)) return
  files.add(chunk.file)
  for (const next of chunk.imports ?? []) add(next)
}
for (const key of first) {
  if (!manifest[key]) {
    process.stderr.write(`budget: ${key} is not in the build\n`)
    process.exit(1)
  }
  add(key)
}
const total = [...files]
  .filter((name) => name.endsWith('.js'))
  .reduce((sum, name) => sum + gzipSync(readFileSync(`dist/${name}`), { level: 9 }).length, 0)
process.stdout.write(
  `first load: ${(total / 1000).toFixed(1)} kB of JavaScript, compressed (limit ${limit / 1000} kB)\n`,
)
if (total > limit) process.exit(1)
