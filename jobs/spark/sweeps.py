"""A sweep of the factorisation: users solved where their rows are, and the items' normal equations summed over them."""

import numpy as np
import pyarrow as pa
from pyspark import TaskContext

from kernels import kernels_of
from rows import OBSERVATION_COLUMNS

# Normal equations of a chunk of items are in memory at once.
CHUNK_BYTES = 64 * 1024 * 1024
# The chunk of the sums that do not belong to items.
OF_USERS = -1

TYPES = {"indptr": "<i4", "indices": "<i4", "confidence": "<f4", "target": "<f4", "pull": "<f4", "prior": "<i4"}
SUMS = pa.schema([("chunk", pa.int32()), ("part", pa.int32()), ("sums", pa.binary())])
SUMS_DDL = "chunk int, part int, sums binary"


def chunk_items(d):
    """Number of items per chunk."""
    return max(1, CHUNK_BYTES // (4 * d * d))


def to_counts(n_items):
    """Observations to a row per partition, as float64: the number of users, and the sum of confidences per item."""

    def run(batches):
        counts = np.zeros(n_items + 1)
        for batch in batches:
            for block in batch.to_pylist():
                counts[0] += len(np.frombuffer(block["indptr"], "<i4")) - 1
                indices = np.frombuffer(block["indices"], "<i4")
                confidence = np.frombuffer(block["confidence"], "<f4")
                counts[1:] += np.bincount(indices, confidence, minlength=n_items)
        yield _sums(OF_USERS, counts)

    return run


def to_sums(binary, step):
    """
    Observations to the sums of a partition. `step`: broadcast itemEmbeddings [n, d], ridge [d] and personaPriors
    [p + 1, d]. The sums of users are, as float64, their Gram matrix [d, d], and the sums [p + 1, d] and numbers [p + 1]
    by persona. The sums of a chunk of items are, as float32, the lower triangles of their matrices, and their sides.
    """

    def run(batches):
        h, ridge, priors = step.value
        n_items, d = h.shape
        kernels = kernels_of(binary.value)
        fixed = [kernels.put(h, "<f4"), kernels.put(ridge, "<f4"), kernels.put(priors, "<f4")]
        scratch = kernels.zeros(kernels.call("solveRowsScratch", d) // 4)
        gram = np.zeros((d, d))
        sums = np.zeros((len(priors), d))
        numbers = np.zeros(len(priors))
        parts = []
        n_users = 0
        for batch in batches:
            for block in batch.to_pylist():
                rows = {name: np.frombuffer(block[name], TYPES[name]) for name in OBSERVATION_COLUMNS}
                w, own = _solve_users(kernels, rows, fixed, d, scratch)
                gram += own
                _add_by_persona(w, rows, sums, numbers)
                owner = np.repeat(np.arange(len(w)), np.diff(rows["indptr"])) + n_users
                parts.append((w, owner, rows["indices"], rows["confidence"], rows["target"]))
                n_users += len(w)
        payload = np.concatenate([np.tril(gram).ravel(), sums.ravel(), numbers])
        yield _sums(OF_USERS, payload)
        yield from _item_sums(kernels, parts, n_items, d, scratch)

    return run


def _solve_users(kernels, rows, fixed, d, scratch):
    """The users' embeddings [n, d], and their Gram matrix."""
    mark = kernels.mark()
    n = len(rows["indptr"]) - 1
    h, ridge, priors = fixed
    put = {name: kernels.put(array, TYPES[name]) for name, array in rows.items()}
    out = kernels.zeros((n, d))
    gram = kernels.zeros((d, d))
    entries = (put["indptr"], put["indices"], put["confidence"], put["target"])
    kernels.call("solveRows", 0, n, *entries, h, d, ridge, put["pull"], priors, put["prior"], out, scratch)
    kernels.call("accumulateGram", out, n, d, gram)
    solved = kernels.view(out, (n, d)).copy(), kernels.view(gram, (d, d)).astype("<f8")
    kernels.release(mark)
    return solved


def _add_by_persona(w, rows, sums, numbers):
    """Over users with observations; the last row is over all of them."""
    is_seen = np.diff(rows["indptr"]) > 0
    all_users = len(numbers) - 1
    for persona in np.unique(rows["prior"]):
        own = w[is_seen & (rows["prior"] == persona)].astype("<f8")
        sums[all_users] += own.sum(axis=0)
        numbers[all_users] += len(own)
        if persona < all_users:
            sums[persona] += own.sum(axis=0)
            numbers[persona] += len(own)


def _item_sums(kernels, parts, n_items, d, scratch):
    if parts:
        w, owner, indices, confidence, target = (np.concatenate(column) for column in zip(*parts))
    else:
        w, owner, indices, confidence, target = np.zeros((0, d)), *(np.zeros(0, "<i4") for _ in range(4))
    parts.clear()
    order = np.argsort(indices, kind="stable")
    owner, confidence, target = owner[order], confidence[order], target[order]
    indptr = np.zeros(n_items + 1, "<i8")
    np.cumsum(np.bincount(indices, minlength=n_items), out=indptr[1:])
    users = kernels.put(w, "<f4")
    size = chunk_items(d)
    lower = np.tril_indices(d)
    for chunk, first in enumerate(range(0, n_items, size)):
        last = min(n_items, first + size)
        start, end = indptr[first], indptr[last]
        # The first partition reports every chunk, so that items without observations are solved as well.
        if start == end and _part() != 0:
            continue
        mark = kernels.mark()
        matrices = kernels.zeros((last - first, d, d))
        sides = kernels.zeros((last - first, d))
        kernels.call(
            "addRowEquations",
            last - first,
            kernels.put(indptr[first : last + 1] - start, "<i4"),
            kernels.put(owner[start:end], "<i4"),
            kernels.put(confidence[start:end], "<f4"),
            kernels.put(target[start:end], "<f4"),
            users,
            d,
            matrices,
            sides,
            scratch,
        )
        packed = kernels.view(matrices, (last - first, d, d))[:, lower[0], lower[1]]
        yield _sums(chunk, np.concatenate([packed, kernels.view(sides, (last - first, d))], axis=1))
        kernels.release(mark)


def to_items(binary, step):
    """
    Sums, ordered by chunk and partition, to the items' embeddings. `step`: broadcast shared [d, d], lambda [n] and prior
    [n, d]. Partial sums are added in float64 and in the order of their partitions, so that a run can be repeated.
    """

    def run(batches):
        shared, pull, prior = step.value
        current, total = None, None
        for batch in batches:
            for row in batch.to_pylist():
                sums = np.frombuffer(row["sums"], "<f4").astype("<f8")
                if row["chunk"] == current:
                    total += sums
                    continue
                if current is not None:
                    yield _solve_items(binary.value, current, total, shared, pull, prior)
                current, total = row["chunk"], sums
        if current is not None:
            yield _solve_items(binary.value, current, total, shared, pull, prior)

    return run


def _solve_items(binary, chunk, total, shared, pull, prior):
    d = len(shared)
    lower = np.tril_indices(d)
    total = total.reshape(-1, len(lower[0]) + d)
    n = len(total)
    first = chunk * chunk_items(d)
    own = pull[first : first + n, None]
    matrices = np.zeros((n, d, d), "<f4")
    matrices[:, lower[0], lower[1]] = total[:, :-d] + shared[lower] + own * (lower[0] == lower[1])
    kernels = kernels_of(binary)
    a = kernels.put(matrices, "<f4")
    x = kernels.put(total[:, -d:] + own * prior[first : first + n], "<f4")
    for item in range(n):
        kernels.call("cholesky", a + 4 * d * d * item, d)
        kernels.call("choleskySolve", a + 4 * d * d * item, d, x + 4 * d * item)
    return _sums(chunk, kernels.view(x, (n, d)))


def _sums(chunk, payload):
    return pa.RecordBatch.from_pydict({"chunk": [chunk], "part": [_part()], "sums": [payload.tobytes()]}, SUMS)


def _part():
    return TaskContext.get().partitionId()
