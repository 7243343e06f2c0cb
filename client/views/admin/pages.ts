/** The admin pages in the order of the navigation. */

import {
  mdiAccountSearchOutline,
  mdiBellOutline,
  mdiClipboardCheckOutline,
  mdiCogOutline,
  mdiCompare,
  mdiDatabaseOutline,
  mdiLayersTripleOutline,
  mdiPackageVariantClosed,
  mdiPulse,
  mdiSchoolOutline,
  mdiShapeOutline,
  mdiViewDashboardOutline,
} from '@mdi/js';

export const ADMIN_PAGES = [
  { name: 'overview', icon: mdiViewDashboardOutline },
  { name: 'events', icon: mdiPulse },
  { name: 'items', icon: mdiPackageVariantClosed },
  { name: 'users', icon: mdiAccountSearchOutline },
  { name: 'personas', icon: mdiShapeOutline },
  { name: 'preview', icon: mdiCompare },
  { name: 'models', icon: mdiLayersTripleOutline },
  { name: 'training', icon: mdiSchoolOutline },
  { name: 'data', icon: mdiDatabaseOutline },
  { name: 'alerts', icon: mdiBellOutline },
  { name: 'settings', icon: mdiCogOutline },
  { name: 'setup', icon: mdiClipboardCheckOutline },
] as const;
