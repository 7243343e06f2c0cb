"""The Python peers of the learning benchmark, one thread each. usage: peers.py TASK ... ; prints one JSON object,
every measure a list of one value a run, except for rank.

als TRIPLES.i32 N_USERS N_ITEMS      implicit's ALS: seconds of a sweep at 64 and 128, of a whole fit at 128, microseconds of a fold-in
warp TRIPLES.i32 N_USERS N_ITEMS     LightFM (WARP, 64 components): seconds of 30 epochs
rank LIKES.i32 SEEN.i32 USERS.i32 N_USERS N_ITEMS IS_NEXT   peers that rank: lists of ten items a user, see ranking.py
lists TRIPLES.i32 N_USERS N_ITEMS OUT.i32 NAME  the ten best unseen items of every user by lightfm, als, ease or sasrec;
                                     the pairs of a user are in order of time
personas TABLE.f64 N_COLUMNS         StandardScaler, KMeans k = 2..10 with 10 starts, silhouettes: seconds
"""
import json, sys, time
import numpy as np

RUNS, SLOW_RUNS = 5, 3


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def interactions(path, n_users, n_items):
    import scipy.sparse as sp
    pairs = np.fromfile(path, '<i4').reshape(-1, 2)
    return sp.csr_matrix((np.ones(len(pairs), np.float32), (pairs[:, 0], pairs[:, 1])), (int(n_users), int(n_items)))


def als(path, n_users, n_items):
    from implicit.cpu.als import AlternatingLeastSquares
    matrix = interactions(path, n_users, n_items)
    out = {}

    def fitted(factors, sweeps):
        model = AlternatingLeastSquares(factors=factors, iterations=sweeps, num_threads=1, use_cg=True, random_state=1,
                                        alpha=60, regularization=50)
        start = time.perf_counter()
        model.fit(matrix, show_progress=False)
        return time.perf_counter() - start, model

    for factors in (64, 128):
        fitted(factors, 1)
        out[f'sweep{factors}'] = [(fitted(factors, 6)[0] - fitted(factors, 1)[0]) / 5 for _ in range(RUNS)]
    out['fit128'] = [fitted(128, 15)[0] for _ in range(RUNS)]
    _, model = fitted(64, 2)
    row = matrix[int(np.argmin(np.abs(np.diff(matrix.indptr) - 50)))]
    model.recalculate_user(0, row)
    out['foldInUs'] = [seconds(lambda: [model.recalculate_user(0, row) for _ in range(2000)]) / 2000 * 1e6 for _ in range(RUNS)]
    out['foldInEvents'] = int(row.nnz)
    return out


def warp(path, n_users, n_items):
    from lightfm import LightFM
    matrix = interactions(path, n_users, n_items).tocoo()
    fit = lambda: LightFM(no_components=64, loss='warp', random_state=1).fit(matrix, epochs=30, num_threads=1)
    return {'fit': [seconds(fit) for _ in range(SLOW_RUNS)]}


def lists(path, n_users, n_items, out, name):
    n_users, n_items = int(n_users), int(n_items)
    matrix = interactions(path, n_users, n_items)
    scores = {'lightfm': lightfm_scores, 'als': als_scores, 'ease': ease_scores, 'sasrec': sasrec_scores}[name](matrix, path)
    scores[matrix.nonzero()] = -np.inf
    np.argsort(-scores, axis=1, kind='stable')[:, :10].astype('<i4').tofile(out)
    return {'users': n_users}


def lightfm_scores(matrix, _):
    from lightfm import LightFM
    model = LightFM(no_components=64, loss='warp', random_state=1).fit(matrix.tocoo(), epochs=30, num_threads=1)
    item_bias, items = model.get_item_representations()
    user_bias, users = model.get_user_representations()
    return users @ items.T + item_bias + user_bias[:, None]


def als_scores(matrix, _):
    from implicit.cpu.als import AlternatingLeastSquares
    model = AlternatingLeastSquares(factors=64, iterations=15, num_threads=1, random_state=1, alpha=10, regularization=.1)
    model.fit(matrix, show_progress=False)
    return model.user_factors @ model.item_factors.T


def ease_scores(matrix, _, ridge=200):
    """Steck (2019)."""
    gram = (matrix.T @ matrix).toarray().astype(np.float64) + ridge * np.eye(matrix.shape[1])
    inverse = np.linalg.inv(gram)
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return matrix.toarray() @ weights


def sasrec_scores(matrix, path, width=64, length=30, blocks=2, epochs=40, batch=256, rate=.001, dropout=.2):
    """Kang and McAuley (2018), one head, with a softmax over all items (Klenitskiy and Vasilev 2023) in place of one
    negative sample per item, which is the stronger variant."""
    import jax, jax.numpy as jnp
    n_users, n_items = matrix.shape
    pairs = np.fromfile(path, '<i4').reshape(-1, 2)
    rows = np.zeros((n_users, length + 1), np.int32)
    for user in range(n_users):
        own = pairs[pairs[:, 0].searchsorted(user):pairs[:, 0].searchsorted(user + 1), 1][-length - 1:] + 1
        if len(own):
            rows[user, -len(own):] = own
    random = np.random.default_rng(1)
    normal = lambda *shape: jnp.asarray(random.normal(0, .02, shape), jnp.float32)
    weights = {'items': normal(n_items + 1, width), 'places': normal(length, width), 'gain': jnp.ones(width)}
    for block in range(blocks):
        weights |= {f'{name}{block}': normal(width, width) for name in ('q', 'k', 'v', 'one', 'two')}
        weights |= {f'{name}{block}': jnp.ones(width) for name in ('before', 'between')}

    def norm(x, gain):
        return gain * (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-8)

    def encode(w, rows, key):
        def drop(x, place):
            if key is None:
                return x
            return x * jax.random.bernoulli(jax.random.fold_in(key, place), 1 - dropout, x.shape) / (1 - dropout)
        known = (rows > 0)[..., None]
        x = drop(w['items'][rows] * width ** .5 + w['places'], 0) * known
        mask = jnp.tril(jnp.ones((length, length), bool)) & (rows > 0)[:, None, :]
        for b in range(blocks):
            query = norm(x, w[f'before{b}'])
            match = jnp.einsum('bik,bjk->bij', query @ w[f'q{b}'], x @ w[f'k{b}']) / width ** .5
            share = jax.nn.softmax(jnp.where(mask, match, -1e9), -1)
            x = query + drop(share @ (x @ w[f'v{b}']), 3 * b + 1)
            y = norm(x, w[f'between{b}'])
            x = (y + drop(jax.nn.relu(y @ w[f'one{b}']) @ w[f'two{b}'], 3 * b + 2)) * known
        return norm(x, w['gain'])

    def loss(w, rows, key):
        targets = rows[:, 1:]
        logits = encode(w, rows[:, :-1], key) @ w['items'].T
        logits = logits.at[..., 0].set(-1e9)
        losses = jax.nn.logsumexp(logits, -1) - jnp.take_along_axis(logits, targets[..., None], -1)[..., 0]
        return jnp.where(targets > 0, losses, 0).sum() / (targets > 0).sum()

    @jax.jit
    def step(w, first, second, count, rows, key):
        slopes = jax.grad(loss)(w, rows, key)
        first = jax.tree.map(lambda m, g: .9 * m + .1 * g, first, slopes)
        second = jax.tree.map(lambda v, g: .98 * v + .02 * g * g, second, slopes)
        w = jax.tree.map(lambda p, m, v: p - rate * (m / (1 - .9 ** count)) / (jnp.sqrt(v / (1 - .98 ** count)) + 1e-8),
                         w, first, second)
        return w, first, second

    first = jax.tree.map(jnp.zeros_like, weights)
    second, count, key = first, 0, jax.random.PRNGKey(1)
    for epoch in range(epochs):
        order = random.permutation(n_users)
        for start in range(0, n_users - batch + 1, batch):
            count += 1
            weights, first, second = step(weights, first, second, count, rows[order[start:start + batch]],
                                          jax.random.fold_in(key, count))
    last = jax.jit(lambda rows: encode(weights, rows, None)[:, -1] @ weights['items'][1:].T)
    return np.concatenate([np.array(last(rows[start:start + 1000, 1:])) for start in range(0, n_users, 1000)])


def personas(path, n_columns):
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler
    table = np.fromfile(path, '<f8').reshape(-1, int(n_columns))

    def run():
        points = StandardScaler().fit_transform(table)
        for k in range(2, 11):
            silhouette_score(points, KMeans(k, n_init=10, random_state=1).fit(points).labels_)

    return {'seconds': [seconds(run) for _ in range(SLOW_RUNS)]}


def rank(*arguments):
    import ranking
    return ranking.rank(*arguments)


if __name__ == '__main__':
    tasks = {'als': als, 'warp': warp, 'lists': lists, 'personas': personas, 'rank': rank}
    print(json.dumps(tasks[sys.argv[1]](*sys.argv[2:])))
