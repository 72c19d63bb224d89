"""Writes docs/watch.png, the live page of a quick run under way: python scripts/picture_watch.py"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from headless_chromium import Chromium

ROOT = Path(__file__).resolve().parents[1]
SHARE = 65  # per cent of the run that are done


def picture(path: Path) -> None:
    """Starts a run and its page, waits, photographs, and stops the run with the page's own button."""
    with tempfile.TemporaryDirectory() as home:
        brainwright = [sys.executable, "-m", "brainwright"]
        run = subprocess.Popen([*brainwright, "run", "organoid", "--quick", "--out", f"{home}/run"])
        while not Path(home, "run", "metrics.jsonl").exists():
            time.sleep(0.1)
        words = [*brainwright, "watch", f"{home}/run", "--port", "0"]
        watch = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        try:
            assert watch.stdout is not None
            address = re.search(r"http://\S+", watch.stdout.readline())
            assert address is not None
            with Chromium(1000, 1960) as browser:
                browser.open(address[0])
                done = "parseInt(document.getElementById('done')?.textContent)"
                browser.wait(f"{done} >= {SHARE} && {done} < 95", seconds=600)
                browser.wait("document.querySelectorAll('#rates polyline').length", seconds=60)
                browser.value("document.documentElement.style.overflow = 'hidden'")
                browser.picture(path)
                for _ in range(2):
                    browser.value("document.getElementById('stop').click()")
            run.wait(120)
        finally:
            for process in (run, watch):
                process.terminate()
                process.wait(30)


if __name__ == "__main__":
    picture(ROOT / "docs" / "watch.png")
