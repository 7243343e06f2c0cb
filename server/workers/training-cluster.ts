/** The users' rows on a cluster, by calls: the names and arrays here are those of jobs/spark/train.py. */
import type { HeldOut, UserCluster } from '../learning/index.js';
import type { TrainingCluster } from '../training/index.js';

import type { ClusterArray, ClusterMessage } from './cluster-calls.js';

type Call = (message: ClusterMessage) => ClusterMessage;

const NOTHING: Pick<HeldOut, 'indptr' | 'indices'> = {
  indptr: new Int32Array(1),
  indices: new Int32Array(0),
};

export function createTrainingCluster(call: Call): TrainingCluster {
  return { all: createUserCluster(call, NOTHING), without: (test) => createUserCluster(call, test) };
}

function createUserCluster(call: Call, { indptr, indices }: typeof NOTHING): UserCluster {
  return {
    begin({ userPersona, nPersonas, rules }) {
      const { values, arrays } = call({
        kind: 'begin',
        values: { ...rules, nPersonas },
        arrays: { userPersona, heldIndptr: indptr, heldIndices: indices },
      });
      return { nUsers: Number(values.nUsers), itemConfidence: arrays.itemConfidence as Float64Array };
    },
    solveUsers(step) {
      const { arrays } = call({ kind: 'users', values: {}, arrays: { ...step } });
      const { gram, sums, counts } = arrays as Record<string, ClusterArray>;
      return {
        gram: gram as Float32Array,
        sums: sums as Float64Array,
        counts: counts as Float64Array,
      };
    },
    solveItems: (step) =>
      call({ kind: 'items', values: {}, arrays: { ...step } }).arrays.itemEmbeddings as Float32Array,
  };
}
