/** Builds the client into dist/client, where the server finds it. `npm run dev` serves it with hot reload. */

import { fileURLToPath } from 'node:url';

import * as icons from '@mdi/js';
import vue from '@vitejs/plugin-vue';
import { defineConfig, loadEnv, type Plugin } from 'vite';
import { compression } from 'vite-plugin-compression2';

// The server of `npm run dev`, which reads its port from the same places.
const { PORT: port = '4000' } = loadEnv('development', process.cwd(), 'PORT');
const api = `http://localhost:${port}`;

/** Puts the icons where they are drawn: as one module, every page would load those of all. */
function inlineIcons(): Plugin {
  return {
    name: 'inline-icons',
    apply: 'build',
    enforce: 'post',
    transform: (code) =>
      code.replaceAll(/import \{([^}]*)\} from ['"]@mdi\/js['"];/g, (_, names: string) =>
        names
          .split(',')
          .map((name) => name.trim())
          .filter((name) => name !== '')
          .map((name) => `const ${name} = ${JSON.stringify(icons[name as keyof typeof icons])};`)
          .join(''),
      ),
  };
}

/** The component library brings its calendar along whether a date picker is there or not. There is none. */
function leaveOutCalendar(): Plugin {
  return {
    name: 'leave-out-calendar',
    load: (id) =>
      id.endsWith('/vuetify/lib/composables/date/adapters/vuetify.js')
        ? 'export class VuetifyDateAdapter {}'
        : null,
  };
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [
    vue(),
    inlineIcons(),
    leaveOutCalendar(),
    compression({
      algorithms: ['brotliCompress', 'gzip'],
      include: /\.(html|js|css|svg|json|woff)$/,
      threshold: 1_024,
    }),
  ],
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
    __VUE_I18N_FULL_INSTALL__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    // Ours is app/message-format.ts.
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'true',
    'globalThis.__DEV__': JSON.stringify(process.env['NODE_ENV'] === 'development'),
  },
  build: {
    outDir: '../dist/client',
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the server allows no inline data but pictures.
    assetsInlineLimit: 0,
    // Every browser that understands the target preloads by itself.
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    // The texts that the licences of the bundled packages ask for.
    license: { fileName: 'licenses.md' },
  },
  server: {
    port: 5173,
    proxy: { '/graphql': { target: api, ws: true }, '/import': { target: api } },
  },
});
