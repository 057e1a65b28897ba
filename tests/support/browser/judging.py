"""What a page must be for everybody: with a keyboard alone, read aloud, on a narrow screen, in the dark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

__all__ = ["barriers", "controls", "keep_picture", "look_at", "press", "walk"]

WIDTHS = (390, 1280)
SCHEMES = ("light", "dark")
_JUDGED = ((390, "light"), (1280, "dark"))
"""Where axe is asked: each scheme and each width once, as it takes a second for a long page."""
_MOST_WALKS = 5
SCREENSHOTS = "BROWSER_SCREENSHOTS"
"""The variable that names a folder for pictures, which a person looks at; without it none are taken."""

_CONTROLS = """
    [...document.querySelectorAll(
        'a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex="-1"])')]
    .filter(each => !each.disabled && each.type !== 'hidden' && each.tabIndex >= 0 && each.checkVisibility())
    .filter((each, _, all) => each.type !== 'radio' || each.checked
        || all.find(other => other.type === 'radio' && other.name === each.name) === each)
"""
_NAME = """
    each => (each.ariaLabel || each.labels?.[0]?.innerText || each.innerText || each.id || each.outerHTML)
        .trim().replace(/\\s+/g, ' ').slice(0, 80)
"""
_FOCUSED = f"""
    () => {{
        const each = document.activeElement;
        if (!each || each === document.body) return null;
        const looks = getComputedStyle(each);
        const shown = (looks.outlineStyle !== 'none' && parseFloat(looks.outlineWidth) > 0)
            || looks.boxShadow !== 'none';
        return [{_CONTROLS}.indexOf(each), ({_NAME})(each), shown];
    }}
"""
_TO_THE_TOP = """
    () => {
        document.body.tabIndex = -1;
        document.body.focus();
        document.body.removeAttribute('tabindex');
    }
"""


def barriers(page: Page) -> list[str]:
    """What axe calls serious or critical: a line for each rule, with the elements.

    It is run from outside of the page, so a strict content policy does not stop it, and nothing is loaded for it.
    """
    found: dict[str, Any] = (
        Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response
    )
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: "
        + "; ".join(node["html"] for node in each["nodes"])
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]


def controls(page: Page) -> list[str]:
    """The names of all that Tab reaches on a page, in its order: of radio buttons one of a group."""
    names: list[str] = page.evaluate(f"() => {_CONTROLS}.map({_NAME})")
    return names


def walk(page: Page) -> list[str]:
    """Press Tab from the top of a page to its end; the names of where the focus was.

    Asserts that each control is reached, in order, and that the focus is seen there. A page that lives may get more
    controls meanwhile; then it is walked through anew.
    """
    names = controls(page)
    reached = _tabbed(page, 2 * len(names))
    for _ in range(_MOST_WALKS - 1):
        if names == (now := controls(page)):
            break
        names, reached = now, _tabbed(page, 2 * len(now))
    assert reached == names, f"of {names}, Tab reached {reached}"
    return reached


def _tabbed(page: Page, most: int) -> list[str]:
    page.evaluate(_TO_THE_TOP)
    reached: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        focused: tuple[int, str, bool] | None = page.evaluate(_FOCUSED)
        if focused is None or (reached and focused[0] == 0):
            break
        reached.append(focused[1])
        assert focused[2], f"the focus is not seen on {focused[1]}"
    return reached


def look_at(page: Page, name: str) -> None:
    """See a page on a phone and on a desk, in light and dark: it fits, and axe has nothing serious to say."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            keep_picture(page, f"{name}-{width}-{scheme}")
            all_of_it = expect(page.locator("html"), f"wider than {width} pixels")
            all_of_it.to_have_js_property("scrollWidth", width, timeout=60_000)  # plots follow the window
            if (width, scheme) in _JUDGED:
                found = barriers(page)
                assert not found, f"{width} pixels, {scheme}: {found}"


def keep_picture(page: Page, name: str) -> None:
    """Leave a picture of the whole page in the folder that `BROWSER_SCREENSHOTS` names, if it names one."""
    folder = os.environ.get(SCREENSHOTS)
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def press(page: Page, name: str) -> None:
    """Go to the control of this name with Tab, as somebody without a mouse does, and press Enter."""
    reached = []
    for _ in range(len(controls(page)) + 2):
        focused: tuple[int, str, bool] | None = page.evaluate(_FOCUSED)
        if focused is not None and focused[1] == name:
            page.keyboard.press("Enter")
            return
        reached.append(focused[1] if focused else None)
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}, but {reached}")
