"""A person with a browser who reads one language and finds things by what is written on them in its catalogue."""

import re

from playwright.sync_api import Locator, Page, expect

from core.i18n import direction, translator
from core.i18n.catalogue import catalogue
from ui.forms import field_label
from ui.inputs import choice_of

PASSWORD = "correct horse battery staple"
Within = Page | Locator
_PLACEHOLDER = re.compile(r"\{\w+\}")


def settled(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def watched(page: Page, url: str) -> list[str]:
    """Errors of the console, and requests to anybody but the dashboard."""
    trouble: list[str] = []
    own = (url, url.replace("http", "ws"), "data:", "blob:")
    page.on("console", lambda message: trouble.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(own) else trouble.append(request.url))
    return trouble


class Visitor:
    """`within` narrows a look to a part of the page."""

    def __init__(self, page: Page, url: str, lang: str) -> None:
        self.page, self.url, self.lang = page, url, lang
        self.direction = direction(lang)
        self.trouble = watched(page, url)
        self.words = translator(lang, strict=True)
        self.text = self.words.text

    def sentence(self, key: str) -> re.Pattern[str]:
        """The catalogue's sentence, whatever stands in its gaps."""
        forms = (".*".join(map(re.escape, _PLACEHOLDER.split(form))) for form in catalogue(self.lang)[key])
        return re.compile("|".join(forms))

    def open(self, path: str = "") -> None:
        self.page.goto(f"{self.url}/{path}{'&' if '?' in path else '?'}lang={self.lang}")
        if not path.startswith("session/"):
            settled(self.page)

    def sign_in(self, name: str = "admin", password: str = PASSWORD) -> None:
        self.open("session/login")
        self.field("session.username").fill(name)
        self.field("session.password").fill(password)
        self.button("session.login.submit").click()
        settled(self.page)
        expect(self.page.locator("html")).to_have_attribute("dir", self.direction)

    def button(self, key: str, within: Within | None = None) -> Locator:
        """Icons are part of a button's name and stand before its words.

        Streamlit's own Stop stands above the page while a run takes long: none of ours.
        """
        name = re.compile(rf"(^|\s){re.escape(self.text(key))}$")
        ours = self.page.locator(":not([data-testid=stBaseButton-header])")
        return (within or self.page).get_by_role("button", name=name).and_(ours)

    def field(self, key: str, within: Within | None = None) -> Locator:
        """An input; a star marks one that must be filled."""
        return self._labelled(self.text(key), within)

    def _labelled(self, label: str, within: Within | None) -> Locator:
        return (within or self.page).get_by_label(re.compile(rf"^{re.escape(label)}( \\?\*)?$"))

    def setting(self, kind: str, name: str, within: Within | None = None) -> Locator:
        """The input of a kind's field."""
        return self._labelled(field_label(kind, name, self.words), within)

    def choose(self, kind: str, name: str, value: str) -> None:
        self.setting(kind, name).click()
        self.page.get_by_role("option", name=choice_of(kind, name, value, self.words), exact=True).click()

    def tab(self, key: str) -> Locator:
        return self.page.get_by_role("tab", name=self.text(key), exact=True)

    def link(self, key: str, within: Within | None = None) -> Locator:
        return (within or self.page).get_by_role("link", name=re.compile(rf"(^|\s){re.escape(self.text(key))}$"))

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name, exact=True)

    def said(self, key: str, within: Within | None = None) -> Locator:
        return (within or self.page).get_by_text(self.sentence(key)).first

    def row(self, name: str) -> Locator:
        """A row of the list as it is read out: what is seen is drawn on a canvas."""
        return self.page.locator("canvas tr", has=self.page.locator("td").get_by_text(name, exact=True))

    def to_page(self, key: str) -> None:
        self.link(key, self.page.get_by_test_id("stSidebarNav")).click()
