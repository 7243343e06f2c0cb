/** Routes of the admin pages. Each page is loaded when it is first opened; the first also loads the admin messages. */

import type { RouteRecordRaw } from 'vue-router';

export const adminRoutes = (loadWords: () => Promise<void>): RouteRecordRaw => ({
  path: '/admin',
  component: async () => {
    const [frame] = await Promise.all([import('../views/admin/AdminFrame.vue'), loadWords()]);
    return frame;
  },
  children: [
    {
      path: '',
      name: 'admin.overview',
      component: () => import('../views/admin/LandingPage.vue'),
      meta: { title: 'admin.nav.overview', isWide: true },
    },
    {
      path: 'personas',
      name: 'admin.personas',
      component: () => import('../views/admin/PersonasPage.vue'),
      meta: { title: 'admin.nav.personas', isWide: true },
    },
    {
      path: 'models',
      name: 'admin.models',
      component: () => import('../views/admin/ModelsPage.vue'),
      meta: { title: 'admin.nav.models', isWide: true },
    },
    {
      path: 'training',
      name: 'admin.training',
      component: () => import('../views/admin/TrainingPage.vue'),
      meta: { title: 'admin.nav.training', isWide: true },
    },
    {
      path: 'users',
      name: 'admin.users',
      component: () => import('../views/admin/UsersPage.vue'),
      meta: { title: 'admin.nav.users', isWide: true },
    },
    {
      path: 'data',
      name: 'admin.data',
      component: () => import('../views/admin/DataPage.vue'),
      meta: { title: 'admin.nav.data', isWide: true },
    },
    {
      path: 'items',
      name: 'admin.items',
      component: () => import('../views/admin/ItemsPage.vue'),
      meta: { title: 'admin.nav.items', isWide: true },
    },
    {
      path: 'items/:itemId',
      name: 'admin.item',
      component: () => import('../views/admin/ItemPage.vue'),
      props: true,
      meta: { title: 'admin.nav.items', isWide: true },
    },
    {
      path: 'events',
      name: 'admin.events',
      component: () => import('../views/admin/EventsPage.vue'),
      meta: { title: 'admin.nav.events', isWide: true },
    },
    {
      path: 'preview',
      name: 'admin.preview',
      component: () => import('../views/admin/PreviewPage.vue'),
      meta: { title: 'admin.nav.preview', isWide: true },
    },
    {
      path: 'setup',
      name: 'admin.setup',
      component: () => import('../views/admin/SetupPage.vue'),
      meta: { title: 'admin.nav.setup', isWide: true },
    },
    {
      path: 'settings',
      name: 'admin.settings',
      component: () => import('../views/admin/SettingsPage.vue'),
      meta: { title: 'admin.nav.settings', isWide: true },
    },
    {
      path: 'alerts',
      name: 'admin.alerts',
      component: () => import('../views/admin/AlertsPage.vue'),
      meta: { title: 'admin.nav.alerts', isWide: true },
    },
  ],
});
