"""Make sure that Debian's Chromium is here for the end-to-end tests (`make e2e`)."""

import os
import shutil
import sys

from infra.bootstrap import BootstrapError, call
from infra.progress import Progress

COMMAND = ["apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-wqy-microhei"]
"""The browser, and letters for Chinese, which Debian's browser comes without."""


def main() -> None:
    if shutil.which("chromium"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"The end-to-end tests need Chromium. Run: sudo {' '.join(COMMAND)}")
    progress = Progress()
    try:
        with progress.step("Installing Chromium from Debian"):
            call(["apt-get", "update"], progress)
            call(COMMAND, progress)
    except BootstrapError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
