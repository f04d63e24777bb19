"""The platform of a workflow that has no sessions."""

from __future__ import annotations

import pytest

from snakemake_vip.errors import ConfigurationError
from snakemake_vip.study.platform import platform


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    monkeypatch.delenv("VIP_URL", raising=False)


def test_without_anything_it_is_vip_with_the_usual_variable():
    found = platform()
    assert found.url == "https://vip.creatis.insa-lyon.fr"
    assert found.api_key == "VIP_API_KEY"


def test_the_first_source_that_tells_a_key_has_it(monkeypatch):
    monkeypatch.setenv("VIP_URL", "https://variable.example")
    settings = {"url": None, "max_transfers": 2}
    section = {"url": "https://section.example", "max_transfers": 5, "patience": 7}
    found = platform(settings, section)
    assert (found.url, found.max_transfers, found.patience) == ("https://section.example", 2, 7)
    assert platform(settings, None).url == "https://variable.example"


def test_every_mistake_is_told_at_once():
    with pytest.raises(ConfigurationError) as caught:
        platform({"url": "http://vip.example", "max_transfers": 100, "apikey": "VIP_API_KEY"})
    assert {problem.key for problem in caught.value.problems} == {
        "vip.url",
        "vip.max_transfers",
        "vip.apikey",
    }


def test_what_could_be_the_key_is_not_repeated():
    with pytest.raises(ConfigurationError) as caught:
        platform({"url": "k3y0123456789", "api_key": ["k3y0123456789"]})
    assert "k3y0123456789" not in str(caught.value)


def test_a_section_that_is_no_mapping_is_told():
    with pytest.raises(ConfigurationError, match="no mapping"):
        platform("sandbox")
