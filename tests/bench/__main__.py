"""`python -m tests.bench [part ...]`: measure these parts, or all; keep what they found, write the page."""

import sys
from dataclasses import replace

from tests.bench import page
from tests.bench.parts import PARTS
from tests.bench.results import circumstances, keep, table


def main() -> None:
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        sys.exit(f"There is no part {', '.join(unknown)}. There are: {', '.join(PARTS)}")
    for name in wanted:
        print(f"measuring {name} ...", flush=True)
        date, commit, machine = circumstances()
        found = replace(PARTS[name](), date=date, commit=commit, machine=machine)
        keep(found)
        page.write()
        print(table(found.rows), flush=True)


if __name__ == "__main__":
    main()
