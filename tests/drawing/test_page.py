"""The page shows in a real browser what the model did, and does nothing else there."""

import itertools
import json
import re

import msgspec
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.tui.test_browser import open_browser
from tinygpt_keras.drawing.page import page
from tinygpt_keras.findings import Chance, Place, Walk

HOSTILE = "</script><script>document.title='x'</script>\n<img src=x onerror=\"document.title='x'\">&amp;\x1b[2J語😀"
BLOCKS, HEADS = 2, 3


def walk(text, blocks=BLOCKS, cut=False):
    likely = [Chance("<", 0.5), Chance(" ", 0.25), Chance("\n", 0.125)]
    places = [
        Place(
            bits=float(n % 9),
            likely=likely,
            rank=1 + n % 65,
            looked=[[[(n - 1, 0.75), (max(n - 9, -1), 0.25)]] * HEADS] * blocks,
            stages=[likely] * (blocks + 1 if blocks else 0),
        )
        for n in range(len(text))
    ]
    return Walk("a <run>", text, cut, 2.5, 65, blocks, HEADS if blocks else 0, places)


def reply_walk(source, reply):
    """A walk through a reply: the heads of the last block look at one place each, those of others at the ends."""
    shown, last = walk(reply, BLOCKS), len(source) - 1
    for n, place in enumerate(shown.places):
        place.looked = [[looked[0]] * 2 for looked in place.looked]
        ends = [(0, 0.75), (last, 0.25)]
        place.across = [[ends] * 2] * (BLOCKS - 1) + [[[(min(2 + n, last), 1.0)], [(min(1 + n, last), 1.0)]]]
    return msgspec.structs.replace(shown, source=source, heads=2)


def test_the_page_needs_nothing_else():
    html = page(walk(HOSTILE))
    assert html.count("<script") == 2
    assert "script-src 'sha256-" in html
    around = re.sub(r'id="data">.*?</script>', "", html)
    assert not re.search(r"""(src|href)=|url\(|@import|https?://(?!www\.w3\.org/2000/svg")""", around)
    data = json.loads(html.split('id="data">')[1].split("</script>")[0])
    assert data["text"] == HOSTILE
    assert not re.search(r"@[A-Z]+@", html.replace(HOSTILE, ""))


def test_a_text_with_the_marks_of_the_template_is_shown():
    html = page(walk("@SCRIPT@ @DATA@ @STYLE@"))
    assert json.loads(html.split('id="data">')[1].split("</script>")[0])["text"] == "@SCRIPT@ @DATA@ @STYLE@"
    assert '"use strict";' in html


def test_a_whole_context_of_many_heads_is_small():
    text = "abcdefgh" * 32
    shown = walk(text, blocks=6)
    looked = [(n, 0.123) for n in range(200, 212)]
    for place in shown.places:
        place.looked = [[looked] * 6] * 6
        place.likely = [Chance("\n", 0.123456)] * 8
    assert len(page(shown).encode()) < 2_000_000


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    driver = open_browser(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page of a walk, light or dark, in a window of some width."""

    def open_page(shown, dark=False, width=1200):
        (tmp_path / "page.html").write_text(page(shown), "utf-8")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get((tmp_path / "page.html").as_uri())
        return browser

    return open_page


def spans(browser):
    return browser.find_elements(By.CSS_SELECTOR, "#text span")


def shown(browser, name):
    return browser.find_element(By.ID, name).text


def shown_for(browser, kind):
    return "".join(part.text for part in browser.find_elements(By.CSS_SELECTOR, f"[data-for={kind}]"))


@pytest.mark.slow
def test_a_hostile_text_is_shown_as_text(opened):
    browser = opened(walk(HOSTILE))
    assert browser.title == "What a small language model thinks of a text"
    assert len(spans(browser)) == len(HOSTILE)
    text = browser.find_element(By.ID, "text").get_attribute("textContent")
    assert text == "⊢" + HOSTILE.replace("\n", "↵\n")
    assert "a <run>" in shown(browser, "about")
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [message["params"]["request"] for message in messages if message["method"] == "Network.requestWillBeSent"]
    assert {request["url"].partition(":")[0] for request in sent} <= {"file", "data", "chrome"}


@pytest.mark.slow
def test_a_click_shows_what_was_likely_and_where_each_head_looked(opened):
    browser = opened(walk("abcdefghijklmnop"))
    spans(browser)[12].click()
    assert shown(browser, "chosen") == (
        "“m”: its 13th choice of the 65 characters it knows, chance 13 %, 3.0 bits of surprise"
    )
    rows = [row.text.split() for row in browser.find_elements(By.CSS_SELECTOR, "#likely tr")]
    likely = [["1", "<", "50", "%"], ["2", "␣", "25", "%"], ["3", "↵", "13", "%"]]
    assert rows == [*likely, ["⋮"], ["13", "m", "13", "%"]], "what came is there, too"
    assert browser.find_element(By.CSS_SELECTOR, "#likely tr.hit").text.startswith("13 m")
    assert shown(browser, "looked-title") == "Where it looked: the average of all heads"
    assert shown(browser, "looked").splitlines() == ["efghijkl 1 back 75 %", "abcd 9 back 25 %"]
    assert [mark.text for mark in browser.find_elements(By.CSS_SELECTOR, "#looked b")] == ["l", "d"]
    assert shown(browser, "stages").splitlines()[0].startswith("no block < 50 %")
    assert len(shown(browser, "stages").splitlines()) == BLOCKS + 1
    levels = [span.get_attribute("class") for span in spans(browser)]
    assert levels[:4] == ["s0", "s1", "s2", "s3"], "surprise"
    assert shown(browser, "scale").split() == ["bits:", "0", "1", "2", "3", "4", "5", "6", "7+"]
    heads = browser.find_elements(By.CSS_SELECTOR, "#choices button")
    assert [button.text for button in heads] == ["surprise", "all heads", *["head 1", "head 2", "head 3"] * BLOCKS]
    heads[6].click()
    assert [button.get_attribute("aria-pressed") for button in heads].index("true") == 6
    assert "where head 2 of block 2 looked" in shown(browser, "meaning")
    assert shown(browser, "looked-title") == "Where it looked: head 2 of block 2"
    assert shown(browser, "scale").replace("\u00a0", " ").startswith("0.0 %"), "no legend of bits"
    assert shown(browser, "scale").replace("\u00a0", " ").endswith("75 %"), "the strongest colour is the greatest share"
    levels = [span.get_attribute("class") for span in spans(browser)]
    assert [n for n, level in enumerate(levels) if not level.startswith("s0")] == [3, 11]
    assert (levels[3], levels[11]) == ("s2", "s7")
    heads[6].click()
    assert "surprise" in shown(browser, "meaning"), "a second click takes it back"
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.ARROW_LEFT)
    assert shown(browser, "chosen").startswith("“l”")
    for key, letter in ((Keys.HOME, "a"), (Keys.ARROW_LEFT, "a"), (Keys.END, "p"), (Keys.ARROW_RIGHT, "p")):
        browser.find_element(By.TAG_NAME, "body").send_keys(key)
        assert shown(browser, "chosen").startswith(f"“{letter}”")
    for button, letter in (("back", "o"), ("forth", "p"), ("forth", "p")):
        browser.find_element(By.ID, button).click()
        assert shown(browser, "chosen").startswith(f"“{letter}”")
    assert browser.get_log("browser") == []


@pytest.mark.slow
def test_a_text_longer_than_a_context_says_so(opened):
    browser = opened(walk("abcdefgh"))
    assert "earlier" not in shown(browser, "about")
    spans(browser)[0].click()
    assert shown(browser, "looked").startswith("the start")
    browser = opened(walk("abcdefgh", cut=True))
    assert "began earlier: the model reads 8 characters at most, and these are its last." in shown(browser, "about")
    spans(browser)[0].click()
    assert shown(browser, "looked").startswith("what was cut off")


@pytest.mark.slow
@pytest.mark.parametrize(("dark", "width"), [*itertools.product([False, True], [360, 1200])])
def test_it_is_readable_light_and_dark_wide_and_narrow(opened, dark, width):
    browser = opened(walk("O Romeo, Romeo! wherefore art thou Romeo?\n" * 6), dark, width)
    assert browser.execute_script("return document.scrollingElement.scrollWidth") <= width
    samples = [browser.find_element(By.TAG_NAME, "p"), *spans(browser)[:8]]
    for sample in samples:
        assert contrast(browser, sample) >= 4.5, sample.get_attribute("class")


@pytest.mark.slow
def test_a_phone_follows_the_chosen_character(opened):
    browser = opened(walk("O Romeo, Romeo! wherefore art thou Romeo?\n" * 12), width=360)
    for letter in (Keys.END, Keys.HOME):
        browser.find_element(By.TAG_NAME, "body").send_keys(letter)
        seen = browser.execute_script(
            "const bar = document.getElementById('bar').getBoundingClientRect().top;"
            "const box = document.querySelector('.chosen').getBoundingClientRect(); return [box.top, box.bottom, bar]"
        )
        assert 0 <= seen[0] < seen[1] <= seen[2]


@pytest.mark.slow
def test_the_start_is_coloured_where_a_head_looked_there(opened):
    browser = opened(walk("abcdefghij"))
    start = browser.find_element(By.ID, "start")
    assert not start.is_displayed()
    spans(browser)[0].click()
    browser.find_elements(By.CSS_SELECTOR, "#choices button")[2].click()
    assert start.is_displayed()
    assert start.get_attribute("class") == "s7"


@pytest.mark.slow
def test_a_reply_shows_where_in_its_source_each_cross_head_looked(opened):
    browser = opened(reply_walk("May 3\n1607\x03", "05-03\x03"))
    source = browser.find_elements(By.CSS_SELECTOR, "#source span")
    assert [letter.get_attribute("textContent") for letter in source] == [*"May 3", "↵\n", *"1607", "⊣"]
    assert shown(browser, "text-title") == "The reply"
    assert "with the end (⊣) as one" in shown(browser, "about")
    assert "right reply" in shown_for(browser, "reply")
    assert shown_for(browser, "text") == ""
    spans(browser)[3].click()
    assert shown(browser, "across-title") == "Where it looked in the source: the average of all cross-heads"
    looked = [line.replace("\u00a0", " ") for line in shown(browser, "across").splitlines()]
    assert looked == ["M 38 %", "May␣3↵ 25 %", "May␣3 25 %", "␣3↵1607⊣ 13 %"]
    assert shown(browser, "looked-title") == "Where it looked in the reply: the average of all heads"
    heads = browser.find_elements(By.CSS_SELECTOR, "#source-choices button")
    assert [button.text for button in heads] == ["all cross-heads", *["cross-head 1", "cross-head 2"] * BLOCKS]
    assert heads[0].get_attribute("aria-pressed") == "true"
    heads[4].click()
    assert "where cross-head 2 of block 2 looked" in shown(browser, "source-meaning")
    assert [n for n, letter in enumerate(source) if letter.get_attribute("class") != "s0"] == [4]
    assert (source[4].get_attribute("class"), shown(browser, "across").split()) == ("s7", ["May␣3", "100", "%"])
    assert "surprise in bits" in shown(browser, "meaning"), "the colours of the reply are chosen by themselves"
    heads[4].click()
    assert heads[0].get_attribute("aria-pressed") == "true"
    spans(browser)[5].click()
    assert shown(browser, "chosen").startswith("“⊣”")
    assert browser.get_log("browser") == []


@pytest.mark.slow
def test_a_cut_source_says_so(opened):
    browser = opened(msgspec.structs.replace(reply_walk("May\x03", "05\x03"), cut=True))
    assert "The source began earlier: the model reads 3 characters at most" in shown(browser, "about")
    spans(browser)[0].click()
    assert shown(browser, "looked").startswith("the start")


@pytest.mark.slow
@pytest.mark.parametrize(("dark", "width"), [*itertools.product([False, True], [360, 1200])])
def test_a_reply_is_readable_light_and_dark_wide_and_narrow(opened, dark, width):
    browser = opened(reply_walk("What was that?\n" * 12 + "\x03", "I have no idea.\n" * 8 + "\x03"), dark, width)
    assert browser.execute_script("return document.scrollingElement.scrollWidth") <= width
    for sample in [*browser.find_elements(By.CSS_SELECTOR, "#source span")[:8], *spans(browser)[:8]]:
        assert contrast(browser, sample) >= 4.5, sample.get_attribute("class")


@pytest.mark.slow
def test_a_bigram_has_no_inside(opened):
    browser = opened(walk("abc", blocks=0))
    for part in ("inside", "looked-part", "start"):
        assert not browser.find_element(By.ID, part).is_displayed()
    spans(browser)[1].click()
    assert shown(browser, "chosen").startswith("“b”")


def contrast(browser, element):
    """Return the contrast of a text to its ground, as WCAG 2 defines it: 4.5 is asked for."""
    colours = browser.execute_script(
        """
        let ground = arguments[0];
        while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
        return [getComputedStyle(arguments[0]).color, getComputedStyle(ground).backgroundColor];
        """,
        element,
    )
    first, second = sorted(luminance(re.findall(r"[\d.]+", colour)[:3]) for colour in colours)
    return (second + 0.05) / (first + 0.05)


def luminance(colour):
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (int(part) / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
