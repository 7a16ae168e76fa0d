import numpy as np

from render.scenes import cameras
from worldprobe.render.clusters import clustered, visible_runs
from worldprobe.render.painter import product, projection, rigid_inverse


def scene():
    """3,000 small triangles in a cube of 6 m around the origin."""
    rng = np.random.default_rng(0)
    positions = rng.uniform(-3, 3, (3000, 1, 3)) + rng.normal(size=(3000, 3, 3)) * 0.1
    return positions.reshape(-1, 3), np.arange(9000).reshape(-1, 3)


def test_clusters_hold_every_triangle_once_and_their_boxes_hold_every_corner():
    positions, triangles = scene()
    clusters = clustered(positions, triangles)
    np.testing.assert_array_equal(np.sort(clusters.triangles, axis=0), np.sort(triangles, axis=0))
    assert np.diff(clusters.first).max() <= 16
    centre, half = clusters.box[:3].T, clusters.box[3:6].T
    for c, (start, stop) in enumerate(zip(clusters.first, clusters.first[1:], strict=False)):
        corners = positions[clusters.triangles[start:stop]].reshape(-1, 3)
        assert (np.abs(corners - centre[c]) <= half[c] + 1e-6).all()


def test_no_triangle_with_a_corner_in_view_is_left_out_and_most_others_are():
    positions, triangles = scene()
    clusters = clustered(positions, triangles)
    clip = product(projection(60.0, 1.0), rigid_inverse(cameras(1, 50)))
    view, first, count = visible_runs(clusters, clip)
    drawn = np.zeros((len(clip), len(triangles)), dtype=bool)
    for v, f, k in zip(view, first, count, strict=True):
        assert not drawn[v, f : f + k].any()
        drawn[v, f : f + k] = True
    corners = np.concatenate([positions, np.ones((len(positions), 1))], axis=1) @ clip.transpose(0, 2, 1)
    inside = (np.abs(corners[..., :3]) <= corners[..., 3:]).all(axis=2)
    in_view = inside[:, clusters.triangles].any(axis=2)
    assert not (in_view & ~drawn).any()
    assert drawn.mean() < 0.5
