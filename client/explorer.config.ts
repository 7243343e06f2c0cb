/** Builds the API explorer into dist/explorer; the server serves it outside production only. */

import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('explorer', import.meta.url)),
  base: '/graphiql/',
  // Silences warnings about "use client" directives of the libraries.
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
