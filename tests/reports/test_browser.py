"""The page in a real browser: on a phone, on a desk, in the dark and on paper."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from reports.chromium import Chromium
from reports.reading import Written

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(example: Written) -> Path:
    return example.folder / "report.html"


PAGES = ("example", "along_alpha", "over_grid", "over_words")
WIDTHS = (390, 768, 1280)


@pytest.fixture(scope="module", params=[(page, width) for page in PAGES for width in WIDTHS], ids=str)
def shown(request: pytest.FixtureRequest, browser: Chromium) -> int:
    """The width at which the browser shows a page: a plain study's, then that of each kind of sweep."""
    page, width = request.param
    made: Written = request.getfixturevalue(page)
    browser.open(made.folder / "report.html", width)
    return int(width)


def test_page_never_scrolls_sideways(browser: Chromium, shown: int) -> None:
    assert browser.evaluate("innerWidth") == shown
    assert browser.evaluate("document.documentElement.scrollWidth") <= shown


def test_text_of_charts_stays_legible(browser: Chromium, shown: int) -> None:
    # The size on the screen: the font's size in user units, times how far the drawing is scaled.
    smallest = """Math.min(...[...document.querySelectorAll('svg text')].filter(t => t.checkVisibility())
        .map(t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().a))"""
    assert browser.evaluate(smallest) > 9.0


def test_heads_of_panels_do_not_run_into_each_other(browser: Chromium, shown: int) -> None:
    overlaps = """[...document.querySelectorAll('.cell')].filter(cell => {
        const [name, figure] = [...cell.querySelectorAll('.head > span')].map(e => e.getBoundingClientRect());
        const beside = Math.min(name.bottom, figure.bottom) > Math.max(name.top, figure.top) + 2;
        return (beside && name.right > figure.left) || figure.right > cell.getBoundingClientRect().right + 1;
    }).length"""
    assert browser.evaluate(overlaps) == 0


def test_page_with_all_tables_open_does_not_scroll_sideways_either(browser: Chromium, shown: int) -> None:
    browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.evaluate("document.documentElement.scrollWidth") <= shown


def test_page_logs_no_error_and_asks_the_network_for_nothing(browser: Chromium, report: Path) -> None:
    browser.open(report, 1280)
    complaints = [e for e in browser.events if e["method"] in ("Log.entryAdded", "Runtime.exceptionThrown")]
    asked = [e["params"]["request"]["url"] for e in browser.events if e["method"] == "Network.requestWillBeSent"]
    assert complaints == []
    assert [url for url in asked if not url.startswith("data:")] == [report.resolve().as_uri()]
    broken = "[...document.images].filter(i => !i.complete || i.naturalWidth === 0).length"
    assert (browser.evaluate("document.images.length"), browser.evaluate(broken)) == (7, 0)


def test_dark_scheme_turns_the_paper_dark_and_the_text_light(browser: Chromium, report: Path) -> None:
    colours = "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    browser.open(report, 1280)
    light = browser.evaluate(colours)
    browser.open(report, 1280, dark=True)
    assert browser.evaluate(colours) == ["rgb(15, 17, 20)", "rgb(242, 242, 245)"]
    assert light == ["rgb(255, 255, 255)", "rgb(29, 29, 31)"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_heat_moves_away_from_the_paper_and_its_numbers_stand_out(
    browser: Chromium, over_grid: Written, dark: bool
) -> None:
    # Colours mixed in Oklab come back as such; their first number is the lightness.
    lightness = """[...document.querySelectorAll('.wide .heat g')].map(g => {
        const [cell, text] = [g.querySelector('.fill'), g.querySelector('.value')].map(e => getComputedStyle(e).fill);
        const luma = text.match(/[\\d.]+/g).map(Number).reduce((a, b, i) => a + b * [0.299, 0.587, 0.114][i], 0) / 255;
        const [light, r2] = [cell.match(/oklab\\(([\\d.]+)/)[1], g.querySelector('.value').textContent];
        return [parseFloat(light), luma, parseFloat(r2)];
    })"""
    browser.open(over_grid.folder / "report.html", 1280, dark=dark)
    cells = sorted(browser.evaluate(lightness), key=lambda cell: cell[2])
    fills = [fill for fill, _, _ in cells]
    assert fills == sorted(fills, reverse=not dark)
    assert abs(fills[0] - fills[-1]) > 0.4
    assert all(abs(fill - text) > 0.3 for fill, text, _ in cells)


def test_screenshots_and_print_show_the_whole_page(browser: Chromium, report: Path, tmp_path: Path) -> None:
    for width in (390, 1280):
        browser.open(report, width)
        browser.screenshot(tmp_path / f"{width}.png")
        with Image.open(tmp_path / f"{width}.png") as shot:
            assert shot.width == width
            assert shot.height > 5000
            extrema = shot.convert("L").getextrema()
        assert extrema == (0, 255) or extrema[1] - extrema[0] > 200
    browser.pdf(tmp_path / "report.pdf")
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert 8 <= pdf.count(b"/Type /Page\n") <= 24  # every table is printed, too


def test_first_evidence_is_within_the_second_screen(browser: Chromium, report: Path) -> None:
    browser.open(report, 1280)
    tops = """[...document.querySelectorAll('#evidence .true-size, #evidence .dots')]
        .map(e => e.getBoundingClientRect().top + scrollY)"""
    assert min(browser.evaluate(tops)) < 2 * 900


def test_contents_lead_to_every_section(browser: Chromium, report: Path) -> None:
    browser.open(report, 1280)
    there = "[...document.querySelectorAll('nav a')].map(a => a.hash.slice(1))"
    sections = "[...document.querySelectorAll('main > section')].map(s => s.id)"
    assert browser.evaluate(there) == browser.evaluate(sections)


def test_values_are_shown_under_the_pointer(browser: Chromium, report: Path) -> None:
    browser.open(report, 1280)
    point_at = """(() => {
        const target = document.querySelector('SELECTOR'), box = target.getBoundingClientRect();
        target.scrollIntoView({ block: 'center' });
        const now = target.getBoundingClientRect();
        const at = { clientX: now.left + now.width / 2, clientY: now.top + now.height / 2, bubbles: true };
        target.dispatchEvent(new PointerEvent('pointermove', at));
        return document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent;
    })()"""
    for selector, said in {
        "#recovered .bars g[data-say] .bar": "R² 0.",
        "#visited .hit": "% of the frames",
        "#training .hit": "held-out pairs",
        "#evidence .dots": "recovered",
    }.items():
        assert said in browser.evaluate(point_at.replace("SELECTOR", selector)), selector


def test_run_that_is_picked_is_the_run_that_is_shown(browser: Chromium, example: Written) -> None:
    browser.open(example.folder / "report.html", 1280)
    shown = "document.querySelector('#run-shown .facts dd').textContent"
    dots = "document.querySelector('#run-shown .dots').getAttribute('d').split('M').length - 1"
    names = browser.evaluate("[...document.querySelectorAll('#run option')].map(o => o.textContent)")
    assert names == [f"{regime}, seed {seed}" for regime in ("gaussian", "cinematic", "yaw-only") for seed in range(3)]
    for run, name in zip(example.results["runs"], names, strict=False):
        pick = f"(s => {{ s.selectedIndex = {names.index(name)}; s.dispatchEvent(new Event('change')) }})"
        browser.evaluate(f"{pick}(document.getElementById('run'))")
        assert browser.evaluate(shown).startswith(f"{run['recovery']['r2']:.2f} (")
        assert browser.evaluate(dots) == 400
    assert browser.evaluate("document.querySelector('#run-shown .dots').classList.contains('c2')")


@pytest.mark.parametrize("scripted", [True, False], ids=["with-script", "without-script"])
def test_folded_tables_are_on_paper(browser: Chromium, report: Path, scripted: bool) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=not scripted)
    browser.open(report, 1280, waits=scripted)
    browser.call("Emulation.setEmulatedMedia", media="print")
    heights = "[...document.querySelectorAll('details table')].map(t => t.getBoundingClientRect().height)"
    found = browser.evaluate(heights)
    browser.call("Emulation.setEmulatedMedia", media="")
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert len(found) > 5
    assert min(found) > 20


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_whiskers_have_a_halo_of_the_paper_s_colour(browser: Chromium, report: Path, dark: bool) -> None:
    browser.open(report, 1280, dark=dark)
    strokes = (
        """['.whisker', '.whisker-halo'].map(s => getComputedStyle(document.querySelector('.wide ' + s)).stroke)"""
    )
    ink, halo = browser.evaluate(strokes)
    assert halo == browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ink == browser.evaluate("getComputedStyle(document.body).color")


def test_missing_chromium_is_named_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        Chromium(tmp_path)
