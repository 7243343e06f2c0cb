/** Builds the client into dist/client, where the server finds it. `npm run dev` serves it with hot reload. */

import { fileURLToPath } from 'node:url';

import * as icons from '@mdi/js';
import vue from '@vitejs/plugin-vue';
import { defineConfig, loadEnv, type Plugin, type Rolldown } from 'vite';
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

/** Parts of Vuetify that are bundled although nothing uses them: the calendar, its English words, linear progress. */
const UNUSED = new Map([
  ['composables/date/adapters/vuetify.js', 'export class VuetifyDateAdapter {}'],
  ['locale/en.js', 'export default {};'],
  ['components/VProgressLinear/index.js', 'export const VProgressLinear = () => null;'],
]);

function leaveOutUnused(): Plugin {
  return {
    name: 'leave-out-unused',
    load: (id) => UNUSED.get(id.split('/vuetify/lib/').at(-1)!) ?? null,
  };
}

/**
 * Chunks of modules that are loaded together: every page loads `app`, most pages load `common`, the pages of
 * administrators load `admin`. Otherwise each component that two pages share would be a request of its own.
 */
function chunkGroups(): Rolldown.CodeSplittingGroup[] {
  const needs = new Map<string, Set<string>>();
  /** The modules that a module of the client imports statically, directly or not. */
  function needsOf(root: string, context: Rolldown.ChunkingContext): ReadonlySet<string> {
    const known = needs.get(root);
    if (known !== undefined) return known;
    const found = new Set([fileURLToPath(new URL(root, import.meta.url))]);
    for (const id of found) for (const next of context.getModuleInfo(id)?.importedIds ?? []) found.add(next);
    needs.set(root, found);
    return found;
  }
  return [
    {
      debugName: 'first page',
      name: (id, context) => (needsOf('app/main.ts', context).has(id) ? 'app' : null),
      priority: 3,
    },
    {
      debugName: 'common',
      name: (id, context) => (needsOf('views/user/UserDashboard.vue', context).has(id) ? 'common' : null),
      minShareCount: 2,
      priority: 2,
    },
    { name: 'admin', test: /\/client\/(?!components\/charts\/)/, minShareCount: 3, priority: 1 },
  ];
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [
    vue(),
    inlineIcons(),
    leaveOutUnused(),
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
    rolldownOptions: { output: { codeSplitting: { groups: chunkGroups() } } },
    // Licence texts required by the bundled packages.
    license: { fileName: 'licenses.md' },
  },
  server: {
    port: 5173,
    proxy: { '/graphql': { target: api, ws: true }, '/import': { target: api }, '/model': { target: api } },
    // Private mode runs the code of the server that ranks.
    fs: { allow: ['..'] },
  },
});
