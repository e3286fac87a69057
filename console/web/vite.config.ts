import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const console = process.env.CONSOLE_URL ?? 'http://127.0.0.1:8080'

const library = /node_modules\/@(mantine|tabler)\//

/**
 * Puts what the frame of every page imports into one file: a browser asks a
 * console for six files at a time, and would ask for thirty. Left out is what the
 * entry holds, and all that imports the component library, which hands out more
 * than the frame uses.
 */
function frameInOne(): Plugin {
  const frame = new Set<string>()
  const icons = new Set(['/createReactComponent.mjs'])
  return {
    name: 'frame-in-one',
    apply: 'build',
    buildEnd() {
      const importsOf = (id: string) => this.getModuleInfo(id)?.importedIds ?? []
      const reach = (end: string, into: Set<string>, without = new Set<string>()) => {
        const wanted = [...this.getModuleIds()].filter((id) => id.endsWith(end))
        for (let id = wanted.pop(); id; id = wanted.pop()) {
          if (into.has(id) || without.has(id) || library.test(id)) continue
          into.add(id)
          wanted.push(...importsOf(id))
        }
      }
      const entry = new Set<string>()
      reach('/src/main.ts', entry)
      reach('/src/shell/start.tsx', frame, entry)
      for (const id of frame) {
        if (id.endsWith('/src/shell/start.tsx') || importsOf(id).some((next) => next.includes('@mantine')))
          frame.delete(id)
        else if (id.includes('/src/'))
          for (const [icon] of this.getModuleInfo(id)?.code?.matchAll(/\bIcon[A-Z]\w+/g) ?? [])
            icons.add(`/${icon}.mjs`)
      }
    },
    config: () => ({
      build: {
        rolldownOptions: {
          output: {
            codeSplitting: {
              includeDependenciesRecursively: false,
              groups: [
                { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\//, priority: 2 },
                {
                  name: 'frame',
                  test: (id) => frame.has(id) || (id.includes('@tabler') && icons.has(id.slice(id.lastIndexOf('/')))),
                  priority: 1,
                },
              ],
            },
          },
        },
      },
    }),
  }
}

export default defineConfig({
  plugins: [react(), frameInOne()],
  // .gitkeep comes from public/, so that a build leaves the working tree clean.
  build: { target: 'es2023', emptyOutDir: true, assetsInlineLimit: 0, manifest: true },
  server: { host: '127.0.0.1', proxy: { '/api': { target: console, changeOrigin: false } } },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'] },
})
