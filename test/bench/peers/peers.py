"""The Python peers of the learning benchmark, one thread each. usage: peers.py TASK ... ; prints one JSON object,
every measure a list of one value a run.

als TRIPLES.i32 N_USERS N_ITEMS      implicit's ALS: seconds of a sweep at 64 and 128, of a whole fit at 128, microseconds of a fold-in
warp TRIPLES.i32 N_USERS N_ITEMS     LightFM (WARP, 64 components): seconds of 30 epochs
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


if __name__ == '__main__':
    print(json.dumps({'als': als, 'warp': warp, 'personas': personas}[sys.argv[1]](*sys.argv[2:])))
