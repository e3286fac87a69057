import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const console = process.env.CONSOLE_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [react()],
  // .gitkeep comes from public/, so that a build leaves the working tree clean.
  build: { target: 'es2023', emptyOutDir: true, assetsInlineLimit: 0, manifest: true },
  server: { host: '127.0.0.1', proxy: { '/api': { target: console, changeOrigin: false } } },
  test: { environment: 'jsdom', include: ['src/**/*.test.{ts,tsx}'] },
})
