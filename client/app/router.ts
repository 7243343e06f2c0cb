/** The routes. Each page is loaded when it is first opened; most need a session. */

import { createRouter, createWebHistory, type Router } from 'vue-router';

import type { Session } from '../composables/index.js';

import { adminRoutes } from './admin-routes.js';

declare module 'vue-router' {
  interface RouteMeta {
    /** Message key of the page's title. */
    title?: string;
    /** True for pages that are open without a session. */
    isPublic?: boolean;
    /** True for pages that use the whole width. */
    isWide?: boolean;
  }
}

/** `loadAdminWords` is called when the first admin page is opened. */
export function createPages(session: Session, loadAdminWords: () => Promise<void>): Router {
  const router = createRouter({
    history: createWebHistory(),
    // An item's panel opens above the list, which stays where it is.
    scrollBehavior: (to, from, saved) =>
      saved ?? (to.name === 'list' && from.name === 'list' ? false : { top: 0 }),
    routes: [
      {
        path: '/',
        name: 'list',
        component: () => import('../views/user/UserDashboard.vue'),
        meta: { title: 'app.myList' },
      },
      {
        path: '/private',
        name: 'private',
        component: () => import('../views/user/PrivatePage.vue'),
        meta: { title: 'user.private.title' },
      },
      {
        path: '/my-data',
        name: 'my-data',
        component: () => import('../views/user/MyData.vue'),
        meta: { title: 'user.privacy.title' },
      },
      adminRoutes(loadAdminWords),
      {
        path: '/sign-in',
        name: 'sign-in',
        component: () => import('../views/user/SignIn.vue'),
        meta: { title: 'signIn.title', isPublic: true },
      },
      {
        path: '/set-up',
        name: 'set-up',
        component: () => import('../views/user/SetUp.vue'),
        meta: { title: 'account.linkTitle', isPublic: true },
      },
      {
        path: '/:path(.*)*',
        name: 'nowhere',
        component: () => import('../views/user/NotFound.vue'),
        meta: { title: 'app.notFound', isPublic: true },
      },
    ],
  });
  router.beforeEach((to) => {
    if (to.meta.isPublic || session.isSignedIn.value) return true;
    return { name: 'sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } };
  });
  return router;
}
