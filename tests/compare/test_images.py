"""Volumes and pictures of several runs, pair by pair."""

from __future__ import annotations

import numpy as np
import pytest

from snakemake_vip.compare.arrays import Volume
from snakemake_vip.compare.images import of_images
from snakemake_vip.compare.model import Measure

EYE = np.eye(4)


def _compared(runs, volumes, reads=None):
    def read(name):
        if reads is not None:
            reads.append(name)
        return volumes[name]

    findings, note = of_images(runs, read)
    return {(f.measure, f.where): f for f in findings}, note


def _mask(*voxels):
    return Volume(np.array(voxels, np.uint8).reshape(-1, 1, 1), EYE)


def test_masks_have_dice_of_the_mean_and_of_the_worst_pair():
    volumes = {"a": _mask(1, 1, 0, 0), "b": _mask(0, 1, 1, 0), "c": _mask(1, 1, 0, 0)}
    found, note = _compared(["a", "b", "c"], volumes)
    dice = found[Measure.DICE, ""]
    assert (dice.value, dice.worst) == (pytest.approx((0.5 + 0.5 + 1) / 3), 0.5)
    assert note == ""


def test_the_same_content_in_several_runs_is_read_once_and_counts_as_often():
    reads = []
    volumes = {"a": _mask(1, 1, 0, 0), "b": _mask(0, 1, 1, 0)}
    found, _ = _compared(["a", "a", "b"], volumes, reads)
    assert sorted(reads) == ["a", "b"]
    assert found[Measure.DICE, ""].value == pytest.approx((1 + 0.5 + 0.5) / 3)


def test_labels_have_dice_each():
    found, _ = _compared(["a", "b"], {"a": _mask(1, 2, 2, 0), "b": _mask(1, 2, 0, 0)})
    assert found[Measure.DICE, "label 1"].value == 1
    assert found[Measure.DICE, "label 2"].value == pytest.approx(2 / 3)
    assert found[Measure.DICE, ""].value == pytest.approx(5 / 6)


def test_images_that_are_no_masks_have_differences_alone():
    one = Volume(np.array([0.5, 1.5]).reshape(2, 1, 1), EYE)
    other = Volume(np.array([0.5, 1.0]).reshape(2, 1, 1), EYE)
    found, _ = _compared(["a", "b"], {"a": one, "b": other})
    assert (Measure.DICE, "") not in found
    assert found[Measure.MAXIMUM, ""].value == 0.5
    assert found[Measure.MEAN, ""].value == 0.25


def test_other_shapes_are_told_and_not_measured():
    found, note = _compared(["a", "b"], {"a": _mask(1, 0), "b": _mask(1, 0, 0)})
    assert found == {}
    assert note == "shapes differ: 2 x 1 x 1 and 3 x 1 x 1"


def test_one_run_of_another_shape_leaves_the_pairs_of_the_others():
    volumes = {"a": _mask(1, 0), "b": _mask(1, 1), "c": _mask(1, 0, 0)}
    found, note = _compared(["a", "b", "c"], volumes)
    assert found[Measure.DICE, ""].note == "in 1 of 3 pairs of runs"
    assert found[Measure.DICE, ""].worst is None
    assert "shapes differ" in note


def test_a_label_counts_the_pairs_of_runs_that_have_it_and_no_others():
    volumes = {"a": _mask(1, 1, 0), "b": _mask(1, 0, 3), "c": _mask(1, 1, 0), "d": _mask(0, 1, 0)}
    found, _ = _compared(["a", "b", "c", "d"], volumes)
    label = found[Measure.DICE, "label 3"]
    assert (label.value, label.worst, label.note) == (0, 0, "in 3 of 6 pairs of runs")
    one = found[Measure.DICE, "label 1"]
    pairs = [2 / 3, 1, 2 / 3, 2 / 3, 0, 2 / 3]  # ab, ac, ad, bc, bd, cd
    assert (one.value, one.worst) == (pytest.approx(sum(pairs) / 6), 0)


def test_runs_of_one_content_count_in_the_mean_of_each_measure():
    moved = EYE.copy()
    moved[0, 3] = 0.3
    volumes = {"a": _mask(1, 0), "b": Volume(_mask(1, 0).voxels, moved)}
    found, _ = _compared(["a", "b", "b"], volumes)
    affine = found[Measure.AFFINE, ""]
    assert (affine.value, affine.worst, affine.note) == (pytest.approx(0.2), 0.3, "")


def test_intensities_of_whole_numbers_are_no_labels_and_parcellations_of_many_are():
    random = np.random.default_rng(1)
    noise = random.integers(0, 200, (20, 20, 20)).astype(np.uint8)
    parcels = np.kron(np.arange(64).reshape(4, 4, 4), np.ones((5, 5, 5))).astype(np.int16)
    found, _ = _compared(["a", "b"], {"a": Volume(noise, EYE), "b": Volume(noise[::-1], EYE)})
    assert {measure for measure, _ in found} == {Measure.MAXIMUM, Measure.MEAN}
    found, _ = _compared(["a", "b"], {"a": Volume(parcels, EYE), "b": Volume(parcels[::-1], EYE)})
    assert found[Measure.DICE, ""].value == 0
    assert (Measure.DICE, "label 63") in found


def test_another_affine_is_told():
    moved = EYE.copy()
    moved[0, 3] = 0.25
    found, _ = _compared(["a", "b"], {"a": _mask(1, 0), "b": Volume(_mask(1, 0).voxels, moved)})
    assert found[Measure.AFFINE, ""].value == 0.25
    assert found[Measure.DICE, ""].value == 1


def test_an_affine_that_is_no_number_in_some_runs_is_told():
    broken = np.full((4, 4), np.nan)
    found, note = _compared(["a", "b"], {"a": _mask(1, 0), "b": Volume(_mask(1, 0).voxels, broken)})
    assert (Measure.AFFINE, "") not in found
    assert note == "an affine is not a number in some runs only"


def test_nan_in_some_runs_only_is_told():
    one = Volume(np.array([np.nan, 1.5]).reshape(2, 1, 1), EYE)
    other = Volume(np.array([0.5, 1.5]).reshape(2, 1, 1), EYE)
    found, note = _compared(["a", "b"], {"a": one, "b": other})
    assert found[Measure.MAXIMUM, ""].value == 0
    assert "not a number in some runs only" in note
