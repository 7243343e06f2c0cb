"""Peers that rank all items, each tuned on validation data out of the training likes and fitted again to all of them.

EASE (Steck 2019), cosine item neighbours and BM25 item neighbours, all three with and without a decay of older likes, and
implicit's ALS (Hu, Koren and Volinsky 2008). Ten items a user, without the items that the user has met.
"""
import numpy as np
import scipy.sparse as sp

DEPTH = 10
MAX_VALIDATION_USERS = 800
HELD_OUT_SHARE = 0.2
MIN_LIKES = 6
# Users scored at a time.
BLOCK = 256
DECAYS = (1.0, 0.9, 0.6)
EASE_RIDGES = (30, 100, 300)
NEIGHBOURS = (20, 50, 200)
# Confidence of a like and regularization.
ALS = ((60, 50), (20, 5), (5, 0.5), (2, 0.05))
ALS_FACTORS, ALS_SWEEPS = 128, 15


def rank(likes_path, seen_path, users_path, n_users, n_items, is_next):
    shape = (int(n_users), int(n_items))
    likes = np.fromfile(likes_path, '<i4').reshape(-1, 2)
    users = np.fromfile(users_path, '<i4')
    seen = matrix(np.fromfile(seen_path, '<i4').reshape(-1, 2), shape)
    histories = split_by_user(likes, shape[0])
    kept, hidden = hold_out(histories, is_next == '1')
    peers = []
    for name, configurations, fit in (
        ('EASE', EASE_RIDGES, ease),
        ('cosine neighbours', NEIGHBOURS, cosine),
        ('BM25 neighbours', NEIGHBOURS, bm25),
    ):
        best = max((ndcg(lists(fit(kept, shape, size), kept, kept_matrix(kept, shape), hidden, decay), hidden), size, decay)
                   for size in configurations for decay in DECAYS)
        model = fit(histories, shape, best[1])
        chosen = f'{best[1]}, decay {best[2]}'
        peers.append({'name': name, 'chosen': chosen, 'lists': lists(model, histories, seen, users, best[2])})
    best = max((ndcg(als_lists(kept, shape, kept_matrix(kept, shape), hidden, *setting), hidden), setting) for setting in ALS)
    chosen = f'{ALS_FACTORS} factors, alpha {best[1][0]}, regularization {best[1][1]}'
    peers.append({'name': 'ALS', 'chosen': chosen, 'lists': als_lists(histories, shape, seen, users, *best[1])})
    return peers


def split_by_user(likes, n_users):
    """The liked items of each user, in the order of the file."""
    ends = np.searchsorted(likes[:, 0], np.arange(n_users + 1))
    return [likes[ends[u]:ends[u + 1], 1] for u in range(n_users)]


def hold_out(histories, is_next):
    """Histories without the hidden items, and the hidden items by user: the last item, or a random share."""
    random = np.random.default_rng(1)
    eligible = [u for u, items in enumerate(histories) if len(items) >= MIN_LIKES]
    kept, hidden = list(histories), {}
    for u in sorted(random.permutation(eligible)[:MAX_VALIDATION_USERS]):
        items = histories[u]
        n = 1 if is_next else max(1, round(HELD_OUT_SHARE * len(items)))
        out = np.arange(len(items)) >= len(items) - n if is_next else np.isin(np.arange(len(items)), random.permutation(len(items))[:n])
        kept[u], hidden[u] = items[~out], set(items[out].tolist())
    return kept, hidden


def matrix(pairs, shape):
    return sp.csr_matrix((np.ones(len(pairs), np.float32), (pairs[:, 0], pairs[:, 1])), shape)


def kept_matrix(histories, shape):
    rows = np.repeat(np.arange(shape[0]), [len(items) for items in histories])
    return matrix(np.stack([rows, np.concatenate(histories)], 1), shape)


def ease(histories, shape, ridge):
    x = kept_matrix(histories, shape)
    gram = (x.T @ x).toarray()
    gram[np.diag_indices_from(gram)] += ridge
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def cosine(histories, shape, k):
    x = kept_matrix(histories, shape)
    lengths = np.sqrt(np.asarray(x.power(2).sum(0)).ravel()) + 1e-9
    return strongest(x @ sp.diags(1 / lengths), k)


def bm25(histories, shape, k, k1=100, b=0.8):
    x = kept_matrix(histories, shape)
    counts = np.asarray(x.sum(0)).ravel()
    idf = np.log(shape[1] / (1 + np.asarray(x.sum(1)).ravel()))
    norm = (k1 + 1) / (k1 * (1 - b + b * counts / counts.mean()) + 1)
    return strongest(sp.diags(idf) @ x @ sp.diags(norm), k)


def strongest(x, k):
    """The k largest inner products of each column with other columns, sparse [n_items, n_items]."""
    products = (x.T @ x).tocsr()
    products.setdiag(0)
    products.eliminate_zeros()
    for i in range(products.shape[0]):
        row = products.data[products.indptr[i]:products.indptr[i + 1]]
        if len(row) > k:
            row[row < np.partition(row, -k)[-k]] = 0
    products.eliminate_zeros()
    return products


def lists(weights, histories, seen, users, decay):
    """Ten items a user: the sum of the history's rows, a row counting decay to the power of the number of later likes."""
    users = np.array(list(users))
    found = []
    for start in range(0, len(users), BLOCK):
        block = users[start:start + BLOCK]
        rows = np.repeat(np.arange(len(block)), [len(histories[u]) for u in block])
        columns = np.concatenate([histories[u] for u in block])
        values = np.concatenate([decay ** np.arange(len(histories[u]) - 1, -1, -1) for u in block])
        scores = sp.csr_matrix((values.astype(np.float32), (rows, columns)), (len(block), weights.shape[0])) @ weights
        scores = scores.toarray() if sp.issparse(scores) else np.asarray(scores)
        found += top(scores, seen[block])
    return found


def als_lists(histories, shape, seen, users, alpha, regularization):
    from implicit.cpu.als import AlternatingLeastSquares
    model = AlternatingLeastSquares(factors=ALS_FACTORS, iterations=ALS_SWEEPS, num_threads=1, use_cg=True, random_state=1,
                                    alpha=alpha, regularization=regularization)
    model.fit(kept_matrix(histories, shape), show_progress=False)
    users = np.array(list(users))
    found = []
    for start in range(0, len(users), BLOCK):
        block = users[start:start + BLOCK]
        found += top(model.user_factors[block] @ model.item_factors.T, seen[block])
    return found


def top(scores, seen):
    scores = scores.astype(np.float32)
    scores[seen.nonzero()] = -np.inf
    return np.argsort(-scores, 1, kind='stable')[:, :DEPTH].tolist()


def ndcg(found, hidden):
    discounts = 1 / np.log2(np.arange(DEPTH) + 2)
    values = [sum(discounts[r] for r, item in enumerate(items) if item in relevant) / discounts[:len(relevant)].sum()
              for items, relevant in zip(found, hidden.values())]
    return float(np.mean(values))
