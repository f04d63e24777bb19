from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.pipelines.plain import plain, wrapped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one<br />two<BR>three", "one\ntwo\nthree"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n\n- b"),
        ("<b>bold</b> &amp; &lt;plain&gt; &eacute;", "bold & <plain> é"),
        ('see <a href="https://x.org/y">here</a>.', "see here (https://x.org/y)."),
        ('<a href="https://x.org">https://x.org</a>', "https://x.org"),
        ("threshold (0->1), a < b, a<b>c</b>", "threshold (0->1), a < b, ac"),
        ("&lt;h1&gt;Use&lt;/h1&gt; it &lt;b&gt;well&lt;/b&gt;", "Use\nit well"),
        ("&lt;a href=&quot;https://x.org&quot;&gt;x&lt;/a&gt;", "x (https://x.org)"),
        ("a &lt; b &amp;&amp; b &gt; c", "a < b && b > c"),
        ("write to <jane@x.org>", "write to <jane@x.org>"),
        ("<script>alert(1)</script>safe<style>p{}</style>", "safe"),
        ("red \x1b[31malert\x1b[0m\u202e", "red [31malert[0m"),
        ("", ""),
    ],
)
def test_descriptions_become_plain(text, expected):
    assert plain(text) == expected


@given(st.text(alphabet="ab <>/&;\n\x00\x1bbrpli\"'=", max_size=60))
def test_no_control_character_is_left(text):
    assert all(c == "\n" or c.isprintable() for c in plain(text))


def test_lines_are_cut_at_the_width_but_an_address_is_not():
    address = "https://example.org/" + "x" * 90
    lines = wrapped(f"{'word ' * 40}\nend {address}", "  ")
    assert all(len(line) <= 80 for line in lines if address not in line)
    assert any(address in line for line in lines)
