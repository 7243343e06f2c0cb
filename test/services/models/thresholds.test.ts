/** Alert thresholds that administrators change, on every instance. */

import { describe, expect, it } from 'vitest';

import { InvalidInputError } from '../../../server/domain/index.js';
import { ThresholdService } from '../../../server/services/models/index.js';
import { createMemoryStore } from '../../../server/store/memory/index.js';

const DEFAULTS = { psi: 0.25, centroid: 0.5, share: 0.1, guardTolerance: 0.02, hitRateLoss: 0.1 };

describe('alert thresholds', () => {
  it('change on all instances at once, and null restores the default', async () => {
    const store = createMemoryStore();
    const [one, other] = [0, 1].map(() => new ThresholdService({ store, defaults: DEFAULTS }));
    expect(await one!.change({ psi: 0.4, guardTolerance: -0.05 })).toEqual({
      ...{ ...DEFAULTS, psi: 0.4, guardTolerance: -0.05 },
    });
    expect(await other!.inForce()).toMatchObject({ psi: 0.4, guardTolerance: -0.05 });
    await other!.change({ psi: null });
    expect(await one!.inForce()).toEqual({ ...DEFAULTS, guardTolerance: -0.05 });
  });

  it.each([{ psi: 0 }, { share: 1.5 }, { hitRateLoss: Number.NaN }, { guardTolerance: -2 }])(
    'are refused outside their range, and then none changes: %j',
    async (wrong) => {
      const service = new ThresholdService({ store: createMemoryStore(), defaults: DEFAULTS });
      await expect(service.change({ centroid: 0.6, ...wrong })).rejects.toThrow(InvalidInputError);
      expect(await service.inForce()).toEqual(DEFAULTS);
    },
  );
});
