"""The page in a browser: figures that are drawn, hover, legend, zoom, sorting, no request."""

import json

import pytest

from tests.analysis.report import written
from tests.support.browser import Browser
from tests.support.commands import command

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    written.write_widths(folder, name_of_a_user="<b>x</b>")
    written.write_results(folder, exponents=written.EXPONENTS, phase_diagram=written.PHASE_DIAGRAM)
    written.write_failed(folder, "<script>document.title = 'attacked'</script>")
    result = command("report", "runs=.", "num_resampled=100", cwd=folder)
    assert result.returncode == 0, result.stderr
    with Browser(folder / "profile") as browser:
        browser.size(1300, 1000)
        browser.open((folder / "written" / "report.html").as_uri())
        yield browser


@pytest.fixture
def page(browser):
    """The page as it opens."""
    browser.evaluate("sessionStorage.clear()")
    browser.events.clear()
    browser.call("Page.reload")
    browser.evaluate("1")
    browser.until("document.documentElement?.dataset.ready === 'true'")
    yield browser
    assert browser.faults() == []
    outside = [one for one in browser.requests() if not one.startswith(("file:", "data:", "blob:"))]
    assert outside == []


def show(page, selector):
    """Bring an element into the window; return the middle of it."""
    page.evaluate(f"document.querySelector('{selector}').scrollIntoView({{block: 'center'}})")
    page.until(
        f"!document.querySelector('{selector}').matches('.plot')"
        f" || document.querySelector('{selector} .main-svg') !== null"
    )
    box = page.evaluate(
        f"(() => {{ const b = document.querySelector('{selector}').getBoundingClientRect();"
        " return [b.x, b.y, b.width, b.height]; })()"
    )
    return box[0] + box[2] / 2, box[1] + box[3] / 2


ACCURACY = '.plot[data-panel="accuracy"]'
LINES = f"document.querySelectorAll('{ACCURACY} .scatterlayer .trace').length"


def test_every_figure_is_drawn_and_none_is_blank(page):
    count = page.evaluate("document.querySelectorAll('.plot').length")
    assert count == 5 + 2
    for number in range(count):
        page.evaluate(
            f"document.querySelectorAll('.plot')[{number}].scrollIntoView({{block: 'center'}})"
        )
        marks = "'.scatterlayer path, .heatmaplayer image'"
        page.until(f"document.querySelectorAll('.plot')[{number}].querySelector({marks}) !== null")
    drawings = "[...document.querySelectorAll('.plot .main-svg')]"
    assert page.evaluate(f"Math.min(...{drawings}.map(s => s.clientHeight))") > 100
    assert page.evaluate("document.title") != "attacked"


def test_hover_gives_density_weights_replicas_and_the_error(page):
    show(page, ACCURACY)
    point = page.evaluate(
        f"(() => {{ const p = document.querySelectorAll('{ACCURACY} .points path')[8];"
        " const b = p.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
    )
    page.move(point[0] - 40, point[1] - 40)
    page.move(*point)
    page.until(f"document.querySelector('{ACCURACY} .hovertext') !== null")
    text = page.evaluate(f"document.querySelector('{ACCURACY} .hovertext').textContent")
    for part in ("density", "surviving weights", "mean of 4 replicas", "±"):
        assert part in text


def test_a_click_in_the_legend_hides_a_system_in_every_figure(page):
    show(page, ACCURACY)
    before = page.evaluate(LINES)
    middle = show(page, ".legend button")
    page.click(*middle)
    page.until(f"{LINES} < {before}")
    assert page.evaluate("document.querySelector('.legend button').ariaPressed") == "false"
    page.click(*middle)
    page.until(f"{LINES} === {before}")


def test_a_size_can_be_hidden(page):
    show(page, ACCURACY)
    before = page.evaluate(LINES)
    page.click(*show(page, ".facet input"))
    page.until(f"{LINES} < {before}")


def test_single_replicas_and_the_number_of_weights_can_be_shown(page):
    show(page, ACCURACY)
    before = page.evaluate(LINES)
    page.click(*show(page, ".singles"))
    page.until(f"{LINES} > {before}")
    page.evaluate(
        "(() => { const s = document.querySelector('.axis'); s.value = 'num_kept';"
        " s.dispatchEvent(new Event('change')); })()"
    )
    title = f"document.querySelector('{ACCURACY} .xtitle').textContent"
    page.until(f"{title} === 'number of surviving weights'")


def test_a_zoom_in_one_figure_is_a_zoom_in_all_and_can_be_reset(page):
    loss = '.plot[data-panel="loss"]'
    show(page, loss)
    x, y = show(page, ACCURACY)
    ranges = f"JSON.stringify(document.querySelector('{loss}')._fullLayout.xaxis.range)"
    before = page.evaluate(ranges)
    mouse = "Input.dispatchMouseEvent"
    page.call(mouse, type="mousePressed", x=x - 80, y=y, button="left", clickCount=1)
    for step in range(1, 9):
        page.call(mouse, type="mouseMoved", x=x - 80 + 20 * step, y=y, button="left", buttons=1)
    page.call(mouse, type="mouseReleased", x=x + 80, y=y, button="left", clickCount=1)
    page.until(f"{ranges} !== {json.dumps(before)}")
    page.click(*show(page, ".reset"))
    page.until(f"{ranges} === {json.dumps(before)}")


def test_a_click_on_a_heading_sorts_its_table(page):
    table = ".scroll[aria-label='Phase at each point']"
    column = f'[...document.querySelectorAll("{table} tbody tr")].map(r => r.cells[5].textContent)'
    heading = f'document.querySelectorAll("{table} th")[5]'
    page.evaluate(f"{heading}.querySelector('button').click()")
    assert page.evaluate(column) == ["-0.04(2)", "0.00(2)", "0.00(2)", "0.42(2)"]
    assert page.evaluate(f"{heading}.getAttribute('aria-sort')") == "ascending"
    page.evaluate(f"{heading}.querySelector('button').click()")
    assert page.evaluate(column)[0] == "0.42(2)"


def test_dark_and_light_narrow_and_wide(page):
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    show(page, ACCURACY)
    line = f"document.querySelector('{ACCURACY} .points path').style.fill"
    colour = page.evaluate(line)
    page.dark()
    page.until(f"{background} !== '{light}'")
    page.until(f"{line} !== '{colour}'")
    page.evaluate(
        "(() => { const s = document.getElementById('theme'); s.value = 'light';"
        " s.dispatchEvent(new Event('change')); })()"
    )
    page.until(f"{background} === '{light}'")
    page.size(380, 800)
    try:
        page.until("innerWidth === 380")
        page.until("document.documentElement.scrollWidth <= innerWidth")
    finally:
        page.size(1300, 1000)


def test_on_paper_every_figure_and_table_is_there(page):
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    drawn = "[...document.querySelectorAll('.plot')].every(p => p.querySelector('.main-svg'))"
    page.until(drawn)
    folded = "document.querySelectorAll('details:not([open])').length"
    assert page.evaluate(folded) == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(folded) > 0
