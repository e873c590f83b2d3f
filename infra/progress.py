"""Progress on a terminal or in a log. Standard library only: it already runs before anything is installed."""

import itertools
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

SILENCE = 3.0  # seconds after which a log, too, must see that work goes on
REDRAW = 0.1


class Progress:
    """One line per step. On a terminal it moves while the step lasts; in a log it repeats at least every 3 s."""

    def __init__(self, stream: TextIO = sys.stdout) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._detail = ""

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show `text` until the block ends, with the seconds it took."""
        self._detail = ""
        began = time.monotonic()
        over = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(text, began, over), daemon=True)
        if not self._live:
            self._line(f"{text} ...")
        ticker.start()
        mark = "failed:"
        try:
            yield
            mark = "✓"
        finally:
            over.set()
            ticker.join()
            self._clear()
            self._line(f"{mark} {text} ({time.monotonic() - began:.1f} s)")

    def note(self, detail: str) -> None:
        """What the current step is doing just now."""
        self._detail = detail

    def _tick(self, text: str, began: float, over: threading.Event) -> None:
        wheel = itertools.cycle("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
        while not over.wait(REDRAW if self._live else SILENCE):
            seconds = f"{time.monotonic() - began:.0f} s"
            if self._live:
                line = f"{next(wheel)} {text} ({seconds}) {self._detail}"
                self._stream.write(f"\r\033[K{line[:110]}")
                self._stream.flush()
            else:
                self._line(f"  still {text[:1].lower()}{text[1:]} ({seconds}) {self._detail}")

    def _clear(self) -> None:
        if self._live:
            self._stream.write("\r\033[K")

    def _line(self, text: str) -> None:
        self._stream.write(text.rstrip() + "\n")
        self._stream.flush()
