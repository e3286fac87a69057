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
    // The page names the files of the frame, so that none waits until the entry has asked for it.
    transformIndexHtml: {
      order: 'post',
      handler(_, { bundle = {} }) {
        const wanted = new Set<string>()
        const want = (file: string) => {
          const chunk = bundle[file]
          if (chunk?.type !== 'chunk' || chunk.isEntry || wanted.has(file)) return
          wanted.add(file)
          for (const next of chunk.imports) want(next)
        }
        for (const chunk of Object.values(bundle))
          if (chunk.type === 'chunk' && chunk.facadeModuleId?.endsWith('/src/shell/start.tsx')) want(chunk.fileName)
        return [...wanted].map((file) => ({
          tag: 'link',
          injectTo: 'head' as const,
          attrs: { rel: 'modulepreload', crossorigin: true, href: `/${file}` },
        }))
      },
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
