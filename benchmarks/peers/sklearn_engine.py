"""scikit-learn for k-means, 2 threads; scipy.sparse for PageRank, whose product has one thread."""

import numpy as np

from benchmarks import iterative


def start() -> None:
    import sklearn.cluster  # noqa: F401


def versions() -> str:
    import scipy
    import sklearn

    return f"scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}"


def kmeans_blocks(points: str):
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    array = np.load(points)
    begin = iterative.first_centres(array)

    def run() -> np.ndarray:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model = KMeans(len(begin), init=begin, n_init=1, max_iter=iterative.ROUNDS, tol=0, algorithm="lloyd")
            return model.fit(array).cluster_centers_

    return run, iterative.digest_of_centres


def pagerank_blocks(edges: str):
    from scipy import sparse

    sources, targets = np.load(edges)
    count = iterative.num_nodes(np.stack((sources, targets)))

    def run() -> np.ndarray:
        matrix = sparse.csr_array((np.ones(len(sources)), (targets, sources)), (count, count))
        links = np.bincount(sources, minlength=count)
        return iterative.pagerank_loop(lambda shares: matrix @ shares, links)

    return run, iterative.digest_of_ranks


kmeans_numpy, pagerank_numpy = kmeans_blocks, pagerank_blocks
