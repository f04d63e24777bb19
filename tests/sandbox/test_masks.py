import numpy as np

from snakemake_vip.sandbox.tools.masks import automatic_threshold, largest_body, otsu


def test_otsu_parts_two_classes():
    values = np.concatenate([np.random.default_rng(0).normal(m, 5, 1000) for m in (20, 120)])
    assert 40 < otsu(values) < 100


def test_the_automatic_threshold_lies_half_way_to_the_bright_class():
    values = np.array([0.0] * 900 + [100.0] * 90 + [110.0] * 10)
    assert automatic_threshold(values) == 50


def test_what_a_thin_bridge_joins_is_cut_off():
    x, y, z = np.indices((60, 40, 40))
    large = (x - 20) ** 2 + (y - 20) ** 2 + (z - 20) ** 2 < 15**2
    small = (x - 50) ** 2 + (y - 20) ** 2 + (z - 20) ** 2 < 6**2
    bridge = (x > 20) & (x < 50) & (y == 20) & (z == 20)
    body = largest_body(large | small | bridge, np.ones(3))
    assert (body & large).sum() > 0.99 * large.sum()
    assert not body[40:].any()


def test_holes_are_filled_and_what_fills_the_view_is_kept():
    mask = np.ones((20, 20, 20), dtype=bool)
    mask[8:12, 8:12, 8:12] = False
    assert largest_body(mask, np.ones(3)).all()


def test_a_body_thinner_than_the_opening_is_kept():
    mask = np.zeros((20, 20, 20), dtype=bool)
    mask[10, 3:17, 3:17] = True
    assert np.array_equal(largest_body(mask, np.ones(3)), mask)
