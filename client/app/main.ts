/** Entry point: creates the session, connection, Apollo client, translator, components and router. */

import '../assets/base.css';

import { DefaultApolloClient } from '@vue/apollo-composable';
import { createApp } from 'vue';

import { connectionKey, createConnection, createSession, sessionKey } from '../composables/index.js';

import App from './App.vue';
import { createApolloClient } from './apollo.js';
import { createTranslator, loadAdminMessages, type Translator } from './i18n.js';
import { createPages } from './router.js';
import { createComponents } from './vuetify.js';

const session = createSession(sessionStorage, localStorage);
const connection = createConnection(window);
const [i18n] = await Promise.all([createTranslator(), session.restore()]);

createApp(App)
  .provide(sessionKey, session)
  .provide(connectionKey, connection)
  .provide(DefaultApolloClient, createApolloClient(session, connection))
  .use(i18n)
  .use(createComponents(i18n))
  .use(createPages(session, () => loadAdminMessages(i18n.global as unknown as Translator)))
  .mount('#app');
