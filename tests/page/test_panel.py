"""The frame of the panel: connection, modules, language, theme, keys, small screens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from support.page.panelled import panelled

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

    from support.page.panelled import Watched


def texts(page: Page) -> Locator:
    return page.locator(".row .said")


def say(module: Watched, *numbers: int) -> None:
    for number in numbers:
        module.trace.says("urc", "<", f"+N: {number}")


async def only(page: Page, pattern: str) -> None:
    """Show the rows that match, and no others."""
    await page.locator("input.filter").fill(f"/{pattern}/")


async def test_after_a_loss_it_goes_on_without_a_gap(page: Page, complaints: list[str]) -> None:
    async with panelled(page) as panel:
        await only(page, r"\+N: ")
        say(panel.module, 1, 2)
        await expect(texts(page)).to_have_text(["+N: 1", "+N: 2"])
        await panel.stop()
        banner = page.locator("#banner")
        await expect(banner).to_have_text(re.compile(r"Connection lost at \d\d:\d\d:\d\d, \d+ s"))
        say(panel.module, 3, 4)
        await panel.start()
        await expect(banner).to_be_hidden()
        await expect(page.get_by_text(re.compile(r"live, caught up: \d"))).to_be_visible()
        say(panel.module, 5)
        await expect(texts(page)).to_have_text([f"+N: {number}" for number in range(1, 6)])
    complaints.clear()  # of the requests that nobody answered


async def test_what_nobody_keeps_any_more_is_a_row(page: Page, complaints: list[str]) -> None:
    async with panelled(page) as panel:
        await only(page, r"\+N: (1|4242)$|keeps")
        say(panel.module, 1)
        await expect(texts(page)).to_have_text(["+N: 1"])
        await panel.stop()
        await expect(page.locator("#banner")).to_be_visible()
        say(panel.module, *range(10_000, 32_000), 4242)
        await panel.start()
        kept = re.compile(r"records that atwin keeps no longer: [\d,]+")
        await expect(texts(page)).to_have_text(["+N: 1", kept, "+N: 4242"])
    complaints.clear()


async def test_who_has_no_token_is_told_where_it_is(page: Page, complaints: list[str]) -> None:
    async with panelled(page) as panel:
        await page.context.clear_cookies()
        await page.goto(panel.url.partition("?")[0])
        await expect(page.locator("#banner")).to_contain_text("Open the address that it printed")
    complaints.clear()


async def test_the_end_of_the_module_is_told(page: Page) -> None:
    async with panelled(page) as panel:
        say(panel.module, 1)
        await expect(texts(page).last).to_have_text("+N: 1")
        panel.module.subject.recent.end()
        await expect(page.locator("#banner")).to_contain_text("The module ended at")
        await expect(texts(page).last).to_have_text("+N: 1")


async def test_each_module_has_its_place_in_the_address(page: Page) -> None:
    async with panelled(page, "air780e-at", "air724ug") as panel:
        say(panel.modules[0], 1)
        say(panel.modules[1], 2)
        await expect(texts(page).last).to_have_text("+N: 1")
        await page.get_by_role("combobox", name="Module").select_option(label="2  /tmp/air724ug")
        await expect(texts(page).last).to_have_text("+N: 2")
        assert page.url.endswith("/#2")
        await page.go_back()
        await expect(texts(page).last).to_have_text("+N: 1")
        await expect(page).to_have_title(re.compile("air780e-at"))


async def test_a_typed_command_is_answered_in_the_dialogue(page: Page) -> None:
    async with panelled(page):
        await page.keyboard.press("t")
        await page.keyboard.type("AT+CSQ\n")
        await only(page, "beside")
        csq = re.compile(r"beside: \+CSQ: \d+,\d+")
        await expect(texts(page)).to_have_text(["beside: AT+CSQ", csq, "beside: OK"])
        field = page.get_by_label("AT command beside the host")
        await field.press("ArrowUp")
        await expect(field).to_have_value("AT+CSQ")
        await field.press("Escape")
        await expect(page.locator(".log")).to_be_focused()
        await page.reload()
        await field.press("ArrowUp")
        await expect(field).to_have_value("AT+CSQ")


async def test_what_is_wrong_with_a_command_is_one_line(page: Page, complaints: list[str]) -> None:
    async with panelled(page):
        await page.get_by_label("AT command beside the host").fill("hello")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("a command line begins with AT")
    complaints.clear()  # the browser logs each 400


@pytest.mark.parametrize("locale", ["zh-CN"])
async def test_the_language_is_the_browsers_until_another_is_chosen(
    page: Page, locale: str
) -> None:
    async with panelled(page):
        await page.add_init_script(
            f"Object.defineProperty(navigator, 'language', {{value: '{locale}'}})"
        )
        await page.reload()
        await expect(page.get_by_role("heading", name="AT 对话")).to_be_visible()
        assert await page.locator("html").get_attribute("lang") == "zh-CN"
        await page.get_by_role("button", name="English").click()
        await expect(page.get_by_role("heading", name="AT dialogue")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("heading", name="AT dialogue")).to_be_visible()


async def test_the_theme_is_the_systems_until_another_is_chosen(page: Page) -> None:
    async with panelled(page):
        body = page.locator("body")
        await page.emulate_media(color_scheme="dark")
        await expect(body).to_have_css("background-color", "rgb(15, 19, 23)")
        await page.get_by_role("button", name="system").click()
        await expect(body).to_have_css("background-color", "rgb(238, 240, 242)")
        await page.reload()
        await page.get_by_role("button", name="light").click()
        await page.emulate_media(color_scheme="light")
        await expect(body).to_have_css("background-color", "rgb(15, 19, 23)")


async def test_nothing_is_wider_than_a_small_screen(page: Page) -> None:
    async with panelled(page) as panel:
        await page.set_viewport_size({"width": 360, "height": 640})
        say(panel.module, 1)
        panel.module.trace.says("urc", "<", "+LONG: " + "W" * 400)
        await page.locator(".row").filter(has_text="LONG").click()
        await expect(page.get_by_role("region", name="Bytes of the row")).to_be_visible()
        for _ in ("English", "Chinese"):
            assert await page.evaluate("document.documentElement.scrollWidth") == 360
            await (
                page.get_by_role("button", name="中文")
                .or_(page.get_by_role("button", name="English"))
                .click()
            )


async def test_everything_is_reached_by_tab_and_seen(page: Page) -> None:
    async with panelled(page):
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_contain_text("next hit")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        reached = await page.evaluate(
            """() => {
                const all = [...document.querySelectorAll("button, input, select, [tabindex='0']")];
                const seen = all.filter(one => one.checkVisibility() && !one.disabled);
                const names = one => one.ariaLabel || one.title || one.textContent || one.type;
                return [seen.filter(one => one.tabIndex < 0).map(names), seen.length];
            }"""
        )
        assert reached[0] == []
        await page.locator("input.filter").focus()
        for _ in range(3):
            await page.keyboard.press("Tab")
            focused = page.locator(":focus-visible")
            await expect(focused).to_have_css("outline-style", "solid")


async def test_ten_thousand_records_a_second_are_mostly_counted(page: Page) -> None:
    async with panelled(page) as panel:
        for begin in range(0, 30_000, 1_000):
            say(panel.module, *range(begin, begin + 1_000))
            panel.module.trace.flush()
        await expect(texts(page).last).to_have_text("+N: 29999")
        await expect(page.locator(".thinned")).to_contain_text("records a second are only counted")
        await page.locator(".log").press("Home")
        assert await page.locator(".row").count() < 100
        await only(page, "only counted")
        await texts(page).last.click()
        await only(page, r"\+N: 25\d\d\d$")
        await expect(texts(page).last).to_be_visible()
