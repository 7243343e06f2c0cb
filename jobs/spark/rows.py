"""Users' rows: from the profiles of the database to blocks of arrays, and to the observations of a fit."""

import json

import numpy as np
import pyarrow as pa

BLOCK_USERS = 1024

BLOCK_COLUMNS = ("rows", "indptr", "indices", "strength", "opinion", "purchased")
OBSERVATION_COLUMNS = ("indptr", "indices", "confidence", "target", "pull", "prior")


def ddl_of(columns):
    """The schema of arrays as bytes, for Spark."""
    return ", ".join(f"{name} binary" for name in columns)


def to_blocks(items):
    """Profiles in ascending rows to blocks. `items`: broadcast index of each item id."""

    def run(batches):
        for batch in batches:
            for start in range(0, batch.num_rows, BLOCK_USERS):
                part = batch.slice(start, BLOCK_USERS)
                rows = part.column("row").to_numpy()
                yield _block(rows, part.column("interactions").to_pylist(), items.value)

    return run


def _block(rows, profiles, items):
    histories = [_history(json.loads(profile), items) for profile in profiles]
    indptr = np.zeros(len(histories) + 1, "<i4")
    np.cumsum([len(history) for history in histories], out=indptr[1:])
    columns = list(zip(*[entry for history in histories for entry in history])) or [()] * 4
    types = ("<i4", "<f4", "i1", "u1")
    arrays = [rows.astype("<i4"), indptr, *(np.array(c, t) for c, t in zip(columns, types))]
    return _record(BLOCK_COLUMNS, arrays)


def _history(columns, items):
    """As historyOf in server/features: known items with information, ascending."""
    known = []
    for item_id, strength, opinion, purchased in zip(
        columns["itemId"], columns["strength"], columns["opinion"], columns["isPurchased"]
    ):
        index = items.get(item_id)
        if index is not None and (strength > 0 or opinion != 0):
            known.append((index, strength, opinion, purchased))
    known.sort()
    return known


def to_observations(fit):
    """Blocks to the observations of a fit. `fit`: broadcast values and arrays, as `begin` of train.py receives them."""

    def run(batches):
        values, arrays = fit.value
        for batch in batches:
            for block in batch.to_pylist():
                yield _observations(block, values, arrays)

    return run


def _observations(block, values, arrays):
    rows = np.frombuffer(block["rows"], "<i4")
    indptr = np.frombuffer(block["indptr"], "<i4")
    indices = np.frombuffer(block["indices"], "<i4")
    owner = np.repeat(np.arange(len(rows)), np.diff(indptr))
    preference = preference_of(block, values)
    dislike = values["dislikeConfidence"]
    is_kept = (preference > 0) | ((preference < 0) & (dislike > 0))
    is_kept &= ~is_held_out(rows, owner, indices, values["nItems"], arrays)
    owner, indices, preference = owner[is_kept], indices[is_kept], preference[is_kept]
    confidence = np.where(preference < 0, dislike, preference).astype("<f4")
    kept = np.zeros(len(rows) + 1, "<i4")
    np.cumsum(np.bincount(owner, minlength=len(rows)), out=kept[1:])
    total = np.bincount(owner, confidence, minlength=len(rows))
    pull = values["userRegularization"] * (total + values["alpha0"] * values["nItems"])
    persona = arrays["userPersona"][rows]
    return _record(
        OBSERVATION_COLUMNS,
        [
            kept,
            indices,
            confidence,
            (preference > 0).astype("<f4"),
            np.maximum(values["minLambda"], pull).astype("<f4"),
            np.where(persona < 0, values["nPersonas"], persona).astype("<i4"),
        ],
    )


def preference_of(block, values):
    """As preferenceOf in server/learning: 1 for a like, -1 for a dislike, else by strength."""
    strength = np.frombuffer(block["strength"], "<f4").astype("<f8")
    opinion = np.frombuffer(block["opinion"], "i1")
    purchased = np.frombuffer(block["purchased"], "u1")
    strength = np.where(purchased > 0, np.maximum(strength, values["purchaseStrength"]), strength)
    implicit = values["implicitWeight"] * strength / (strength + values["halfStrength"])
    return np.where(opinion != 0, opinion, implicit).astype("<f4")


def is_held_out(rows, owner, indices, n_items, arrays):
    """Whether each entry is among the held-out items of its row."""
    indptr, held = arrays["heldIndptr"].astype("<i8"), arrays["heldIndices"]
    if len(held) == 0:
        return np.zeros(len(indices), bool)
    counts = indptr[rows + 1] - indptr[rows]
    row = np.repeat(np.arange(len(rows), dtype="<i8"), counts)
    place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + indptr[rows][row]
    return np.isin(owner.astype("<i8") * n_items + indices, row * n_items + held[place])


def _record(columns, arrays):
    return pa.RecordBatch.from_pydict({name: [array.tobytes()] for name, array in zip(columns, arrays)})
