/** Builds the client into dist/client, where the server finds it. `npm run dev` serves it with hot reload. */

import { fileURLToPath } from 'node:url';

import * as icons from '@mdi/js';
import vue from '@vitejs/plugin-vue';
import { defineConfig, loadEnv, type Plugin } from 'vite';
import { compression } from 'vite-plugin-compression2';

// The port of the server of `npm run dev`, read from the same sources as there.
const { PORT: port = '4000' } = loadEnv('development', process.cwd(), 'PORT');
const api = `http://localhost:${port}`;

/** Inlines each icon where it is used; as a single module, every page would load all icons. */
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

/** Drops the calendar of Vuetify, which is bundled even without a date picker. */
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
    // app/message-format.ts replaces it.
    __INTLIFY_DROP_MESSAGE_COMPILER__: 'true',
    'globalThis.__DEV__': JSON.stringify(process.env['NODE_ENV'] === 'development'),
  },
  build: {
    outDir: '../dist/client',
    emptyOutDir: true,
    target: 'es2022',
    // The content security policy of the server allows inline data for images only.
    assetsInlineLimit: 0,
    // All target browsers support modulepreload.
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    // Licence texts required by the bundled packages.
    license: { fileName: 'licenses.md' },
  },
  server: {
    port: 5173,
    proxy: { '/graphql': { target: api, ws: true }, '/import': { target: api } },
  },
});
