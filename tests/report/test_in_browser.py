"""The report as a browser shows it.

Skipped where there is no Chromium, unless RFMF_REQUIRE_BROWSER says that there must be one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from rfmf_spark.report.contents import ReportOptions
from rfmf_spark.report.rendering import render_report
from tests.report.builders import run_tables

PICTURES = Path(__file__).resolve().parents[2] / "build" / "report-pictures"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    with sync_playwright() as playwright:
        try:
            # Without a Chromium of the system, the one that playwright has installed, if any.
            started = playwright.chromium.launch(executable_path=found)
        except Error as cause:
            reason = f"no Chromium that starts: {cause.message.splitlines()[0]}"
            if os.environ.get("RFMF_REQUIRE_BROWSER"):
                pytest.fail(reason)
            pytest.skip(reason)
        yield started
        started.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(render_report(run_tables(), ReportOptions()), encoding="utf-8")
    return file


def open_page(browser: Browser, report: Path, size: tuple[int, int]) -> tuple[Page, list[str]]:
    """The report at a size, and what it complains of or asks the network for."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
    page.on("request", lambda request: troubles.append(f"request: {request.url}"))
    page.goto(report.as_uri())
    troubles.remove(f"request: {report.as_uri()}")
    return page, troubles


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES)
def test_the_report_opens_without_complaint_or_request(
    browser: Browser, report: Path, language: str, size: str
) -> None:
    page, troubles = open_page(browser, report, SIZES[size])
    page.click(f"[data-choose={language}]")
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{size}-{language}-first-screen.png")
    page.screenshot(path=PICTURES / f"{size}-{language}.png", full_page=True)
    assert troubles == []
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
    headline = page.inner_text(".headline")
    assert headline.startswith({"zh": "1,000 名用户分为 3 类", "en": "1,000 users fall"}[language])
    assert page.title().startswith({"zh": "用户分群报告", "en": "Customer segments"}[language])
    page.close()


def test_segments_fit_on_the_first_screen(browser: Browser, report: Path) -> None:
    page, _ = open_page(browser, report, SIZES["desktop"])
    bottoms = page.eval_on_selector_all(
        ".segment", "found => found.map(one => one.getBoundingClientRect().bottom)"
    )
    assert len(bottoms) == 3
    assert max(bottoms) < SIZES["desktop"][1]
    page.close()


def test_a_mark_tells_its_number_under_the_pointer(browser: Browser, report: Path) -> None:
    page, _ = open_page(browser, report, SIZES["desktop"])
    page.click("[data-choose=en]")
    page.hover("#maps .mark >> nth=0")
    assert page.inner_text("#tip").startswith("R 1, ")
    page.close()
