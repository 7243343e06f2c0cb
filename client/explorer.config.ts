/** Builds the explorer, a page of its own, into dist/explorer; the server shows it outside production only. */

import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('explorer', import.meta.url)),
  base: '/graphiql/',
  // The libraries' "use client" marks mean nothing here.
  logLevel: 'error',
  define: { 'process.env.NODE_ENV': JSON.stringify('production') },
  build: {
    outDir: '../../dist/explorer',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    license: { fileName: 'licenses.md' },
  },
});
