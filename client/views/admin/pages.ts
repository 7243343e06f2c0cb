/** The admin pages in the order of the navigation. */

import {
  mdiAccountSearchOutline,
  mdiBellOutline,
  mdiDatabaseOutline,
  mdiLayersTripleOutline,
  mdiSchoolOutline,
  mdiShapeOutline,
  mdiViewDashboardOutline,
} from '@mdi/js';

export const ADMIN_PAGES = [
  { name: 'overview', icon: mdiViewDashboardOutline },
  { name: 'personas', icon: mdiShapeOutline },
  { name: 'models', icon: mdiLayersTripleOutline },
  { name: 'training', icon: mdiSchoolOutline },
  { name: 'users', icon: mdiAccountSearchOutline },
  { name: 'data', icon: mdiDatabaseOutline },
  { name: 'alerts', icon: mdiBellOutline },
] as const;
