"""Take the pictures of the playground for both READMEs: `python scripts/screenshots.py`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parent.parent / "docs"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
LANGUAGES = {"en": "en-GB", "es": "es-ES"}
TRAIN = {"en": "Train", "es": "Entrenar"}
PAUSE = {"en": "Pause", "es": "Pausa"}
SPEED = {"en": "Speed", "es": "Velocidad"}
MICROSCOPE = {"en": "Microscope", "es": "Microscopio"}
NEXT = {"en": "Next", "es": "Siguiente"}


def main() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "neurona.cli", "play", "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = re.search(r"http://\S+", process.stdout.readline()).group()
        path = shutil.which("chromium") or shutil.which("google-chrome")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            for language in LANGUAGES:
                take(browser, address, language)
            browser.close()
    finally:
        process.terminate()
        process.wait()


def take(browser: Browser, address: str, language: str) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 800},
        locale=LANGUAGES[language],
        color_scheme="light",
    )
    put_hints_away = "localStorage.setItem('neurona.hints', 'picture,train,network,now')"
    context.add_init_script(put_hints_away)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(".diagram canvas")
    page.locator(".example select").select_option("three")
    page.wait_for_timeout(500)
    page.get_by_label(SPEED[language]).select_option("full")
    page.get_by_role("button", name=TRAIN[language], exact=True).click()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name=PAUSE[language], exact=True).click()
    page.wait_for_timeout(500)
    page.screenshot(path=DOCS / f"playground.{language}.png")
    page.locator(".example select").select_option("xor")
    page.wait_for_timeout(500)
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    page.get_by_role("button", name=MICROSCOPE[language], exact=True).click()
    page.wait_for_timeout(800)
    page.locator(".surface").click(position={"x": 60, "y": 60})
    for _ in range(4):
        page.get_by_role("button", name=NEXT[language], exact=True).first.click()
        page.wait_for_timeout(200)
    page.locator(".notice").wait_for(state="hidden")
    page.screenshot(path=DOCS / f"microscope.{language}.png")
    context.close()


if __name__ == "__main__":
    main()
