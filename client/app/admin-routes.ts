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
      component: () => import('../views/admin/OverviewPage.vue'),
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
      path: 'alerts',
      name: 'admin.alerts',
      component: () => import('../views/admin/AlertsPage.vue'),
      meta: { title: 'admin.nav.alerts', isWide: true },
    },
  ],
});
