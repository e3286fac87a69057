// Fails when a style names a side of the screen. Right-to-left languages turn
// the page round, so styles say start and end, never left and right.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const physical = [
  /\b(?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right)\b/,
  /(?:^|[{;\s])(?:left|right)\s*:/,
  /\b(?:text-align|float|clear)\s*:\s*(?:left|right)\b/,
  /\bborder-(?:top|bottom)-(?:left|right)-radius\b/,
  /\b(?:margin|padding|border)(?:Left|Right)\b/,
  /\btextAlign:\s*['"](?:left|right)['"]/,
  /[\s{"'](?:ml|mr|pl|pr)=[{"']/,
]

const faults = []
const walk = (dir) => {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) walk(path)
    else if (/\.(css|tsx|ts)$/.test(entry.name) && !entry.name.endsWith('.d.ts')) check(path)
  }
}
const check = (path) => {
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach((line, i) => {
      if (physical.some((rule) => rule.test(line))) faults.push(`${path}:${i + 1}: ${line.trim()}`)
    })
}
walk('src')
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\nUse logical properties: start and end, not left and right.\n`)
  process.exit(1)
}
