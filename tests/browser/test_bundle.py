"""A joined script behaves in a browser as its modules do."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest
from playwright.sync_api import Browser, Route

from livefeed.bundles import join_modules

MODULES = {
    "entry.js": """
        import { first, order } from "./first.js";
        import {
          Box,
          later as afterwards,
          numbers,
        } from "./second.js";
        import * as third from "./third.js";

        const secret = "entry";
        order.push(secret, first(), new Box().secret, [...numbers()].join("+"), third.secret, typeof third.hidden);
        order.push(typeof this, typeof globalThis.secret, hoisted);
        afterwards().then((word) => (globalThis.result = [...order, word]));
        import { hoisted } from "./third.js";
    """,
    "first.js": """
        import { secret as other } from "./third.js";

        const secret = "first";
        export function first() {
          return `${secret} and ${other}`;
        }
        export const order = [];
        order.push("first evaluated");
    """,
    "second.js": """
        import { order } from "./first.js";

        order.push("second evaluated");
        const secret = "second";
        export class Box {
          secret = secret;
        }
        export async function later() {
          return secret;
        }
        export function* numbers() {
          yield 1;
          yield 2;
        }
    """,
    "third.js": """
        // Neither this comment on an import, nor an async function, is a form that cannot be joined.
        const hidden = 1;
        export const wait = async () => await hidden;
        export const secret = "third";
        export const hoisted = hidden;
    """,
}
EXPECTED = [
    "first evaluated",
    "second evaluated",
    "entry",
    "first and third",
    "second",
    "1+2",
    "third",
    "undefined",
    "undefined",
    "undefined",
    1,
    "second",
]
ADDRESS = "http://modules.test/"


def run(browser: Browser, scripts: Mapping[str, str]) -> list[str | int]:
    """Returns what `entry.js` of these scripts leaves in `globalThis.result`."""

    def answer(route: Route) -> None:
        name = route.request.url.removeprefix(ADDRESS)
        script = scripts.get(name, "")
        page_text = '<script type="module" src="entry.js"></script>'
        route.fulfill(body=script or page_text, content_type="text/javascript" if script else "text/html")

    page = browser.new_page()
    page.route("**/*", answer)
    page.goto(ADDRESS)
    page.wait_for_function("globalThis.result")
    result: list[str | int] = page.evaluate("globalThis.result")
    page.close()
    return result


@pytest.mark.parametrize("joined", [False, True], ids=["modules", "joined"])
def test_order_privacy_and_names_are_those_of_modules(browser, tmp_path: Path, joined):
    for name, text in MODULES.items():
        (tmp_path / name).write_text(dedent(text))
    scripts = {"entry.js": join_modules(tmp_path / "entry.js")} if joined else MODULES

    assert run(browser, scripts) == EXPECTED
