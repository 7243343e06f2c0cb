/** Model versions and leases in memory. */

import { CorruptModelError, type ModelVersion } from '../../domain/index.js';
import { hasExpired } from '../lease-expiry.js';
import type { Lease, LeaseRepository, ModelRepository, PersonaSize } from '../repositories.js';

import { Broadcast } from './broadcast.js';
import { Table } from './table.js';

export function createLeases(): LeaseRepository {
  const leases = new Table<Lease>();
  const fences = new Map<string, number>();
  const isCurrent = (lease: Lease) => leases.get(lease.job)?.fence === lease.fence;
  return {
    async acquire(job, owner, leaseMs, now) {
      const held = leases.get(job);
      if (held !== null && !hasExpired(held.expiresAt, leaseMs, now)) return null;
      const fence = (fences.get(job) ?? 0) + 1;
      fences.set(job, fence);
      const lease = { job, owner, acquiredAt: now, expiresAt: now + leaseMs, fence };
      leases.set(job, lease);
      return lease;
    },
    async renew(lease, leaseMs, now) {
      const held = leases.get(lease.job);
      if (held === null || !isCurrent(lease) || held.expiresAt <= now) return false;
      leases.set(lease.job, { ...held, expiresAt: now + leaseMs });
      return true;
    },
    async release(lease) {
      if (isCurrent(lease)) leases.delete(lease.job);
    },
    find: async (job) => leases.get(job),
  };
}

export function createModels(leases: LeaseRepository): ModelRepository {
  const models = new Map<number, ModelVersion>();
  const parts = new Map<number, Map<string, Uint8Array>>();
  const published = new Map<number, readonly PersonaSize[]>();
  const flips = new Broadcast<number>();
  let active: number | null = null;
  let lastVersion = 0;
  let activations = 0;

  const read = (version: number): ModelVersion | null => {
    const model = models.get(version);
    return model === undefined ? null : structuredClone(model);
  };
  const patch = (version: number, change: Partial<ModelVersion>) => {
    const model = models.get(version);
    if (model !== undefined) models.set(version, structuredClone({ ...model, ...change, version }));
  };

  return {
    async create(model) {
      lastVersion += 1;
      const row = {
        ...model,
        version: lastVersion,
        status: 'building' as const,
        activatedAt: null,
        activation: 0,
        reassignedAt: null,
      };
      models.set(lastVersion, structuredClone(row));
      return lastVersion;
    },
    async putParts(version, rows) {
      const stored = parts.get(version) ?? new Map<string, Uint8Array>();
      for (const { name, bytes } of rows) {
        if (stored.has(name)) throw new CorruptModelError(version, name, 'is stored already');
        stored.set(name, bytes.slice());
      }
      parts.set(version, stored);
    },
    async replacePart(version, { name, bytes }) {
      const stored = parts.get(version);
      if (stored?.has(name) === true) stored.set(name, bytes.slice());
    },
    getParts: async (version) =>
      new Map([...(parts.get(version) ?? [])].map(([name, bytes]) => [name, bytes.slice()])),
    async seal(version, status, change = {}) {
      patch(version, { ...change, status });
    },
    async update(version, change) {
      patch(version, change);
    },
    async activate(version, expectedActive, at, fence) {
      const status = models.get(version)?.status;
      if (status === undefined || status === 'building' || status === 'failed') return null;
      if (fence !== undefined) {
        const lease = await leases.find(fence.job);
        if (lease?.fence !== fence.token || lease.expiresAt <= at) return null;
      }
      if (active !== expectedActive) return null;
      if (active !== null) patch(active, { status: 'retired' });
      activations += 1;
      patch(version, { status: 'active', activatedAt: at, activation: activations, reassignedAt: null });
      active = version;
      flips.send(version);
      return activations;
    },
    findActiveVersion: async () => active,
    find: async (version) => read(version),
    list: async (limit) =>
      [...models.keys()]
        .sort((left, right) => right - left)
        .slice(0, limit)
        .map((version) => read(version)!),
    async publishSizes(version, sizes) {
      if (!published.has(version)) published.set(version, structuredClone(sizes));
      return published.get(version)!;
    },
    publishedSizes: async (version) => published.get(version) ?? null,
    async renamePersona(version, personaId, label) {
      const personas = read(version)?.personas.map((persona) =>
        persona.personaId === personaId ? { ...persona, label } : persona,
      );
      if (personas !== undefined) patch(version, { personas });
    },
    async prune(versions) {
      for (const version of versions.filter((candidate) => candidate !== active)) {
        models.delete(version);
        parts.delete(version);
        published.delete(version);
      }
    },
    watchActive: ({ signal }) => flips.listen(signal),
  };
}
