/** How far the set-up of an installation has come. */

import type { Store } from '../../store/index.js';

import type { CatalogueService } from '../users/index.js';
import type { PrivacyPort, SetupPort, SetupSteps } from '../index.js';

interface SetupServiceOptions {
  readonly store: Store;
  readonly hasModel: () => boolean;
  readonly catalogue: Pick<CatalogueService, 'size'>;
  readonly privacy: Pick<PrivacyPort, 'isEnabled'>;
}

export class SetupService implements SetupPort {
  /** Remembered: counting thumbs takes long once there are many. */
  private hasThumb = false;

  constructor(private readonly options: SetupServiceOptions) {}

  async steps(): Promise<SetupSteps> {
    const { store, hasModel, catalogue, privacy } = this.options;
    if (!this.hasThumb && !privacy.isEnabled) this.hasThumb = (await store.feedback.count()) > 0;
    return {
      hasEvents: (await store.profiles.count()) > 0,
      hasItems: catalogue.size > 0,
      hasModel: hasModel(),
      hasThumb: privacy.isEnabled ? null : this.hasThumb,
    };
  }
}
