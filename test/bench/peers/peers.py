"""The Python peers of the learning benchmark, one thread each. usage: peers.py TASK ... ; prints one JSON object.

als TRIPLES.i32 N_USERS N_ITEMS      implicit's ALS: seconds of a sweep at 64 and 128, of a whole fit at 128, microseconds of a fold-in
warp TRIPLES.i32 N_USERS N_ITEMS     LightFM (WARP, 64 components): seconds of 30 epochs
personas TABLE.f64 N_COLUMNS         StandardScaler, KMeans k = 2..10 with 10 starts, silhouettes: seconds
"""
import json, sys, time
import numpy as np


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
        few, many = (min(fitted(factors, n)[0] for _ in range(3)) for n in (1, 6))
        out[f'sweep{factors}'] = (many - few) / 5
    out['fit128'], _ = fitted(128, 15)
    _, model = fitted(64, 2)
    row = matrix[int(np.argmin(np.abs(np.diff(matrix.indptr) - 50)))]
    model.recalculate_user(0, row)
    start = time.perf_counter()
    for _ in range(2000):
        model.recalculate_user(0, row)
    out['foldInUs'] = (time.perf_counter() - start) / 2000 * 1e6
    out['foldInEvents'] = int(row.nnz)
    return out


def warp(path, n_users, n_items):
    from lightfm import LightFM
    matrix = interactions(path, n_users, n_items).tocoo()
    start = time.perf_counter()
    LightFM(no_components=64, loss='warp', random_state=1).fit(matrix, epochs=30, num_threads=1)
    return {'fit': time.perf_counter() - start}


def personas(path, n_columns):
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score
    from sklearn.preprocessing import StandardScaler
    table = np.fromfile(path, '<f8').reshape(-1, int(n_columns))
    start = time.perf_counter()
    points = StandardScaler().fit_transform(table)
    scores = {k: float(silhouette_score(points, KMeans(k, n_init=10, random_state=1).fit(points).labels_)) for k in range(2, 11)}
    return {'seconds': time.perf_counter() - start, 'silhouettes': scores}


if __name__ == '__main__':
    print(json.dumps({'als': als, 'warp': warp, 'personas': personas}[sys.argv[1]](*sys.argv[2:])))
