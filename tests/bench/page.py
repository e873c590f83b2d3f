"""`docs/benchmarks.md`, written from what the parts found: `python -m tests.bench.page`."""

from tests.bench.results import PAGE, kept, section

INTRODUCTION = """# Benchmarks

Written from `docs/benchmarks/*.json`, which `make bench` measures part by part (one: `make bench PART=imports`).
Each table says when, where and of which commit (`+`: with changes) it was measured, and how busy the machine was.
**The machine was shared**: times are told as ratios of runs in turn wherever that is possible; seconds say little.
"""

SECTIONS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "Cold start of each function",
        ("imports", "zip"),
        """
Fresh processes, our code and its packages from the unpacked deployment zip, boto3 from outside, as on Lambda. A
function is called with a first event that goes all the way and has next to nothing to do; AWS is a stand-in on loopback
that answers at once. So this counts the import of `app.py`, what the handler imports, and every client it makes.""",
    ),
    (
        "Calls to AWS",
        ("calls",),
        "Of a warm Lambda (the signing keys and the site's address are kept for minutes), in moto.",
    ),
    (
        "Sending",
        ("sending-1000", "sending-10000"),
        """
Through the local AWS, both ways with the same client, threads and mails, and without the pace that SES asks for. The
local AWS does one thing at a time and takes longer the more mails and rows it has: each pair of runs has a fresh one,
and whichever way comes first has the advantage, in turn.""",
    ),
    (
        "State machines",
        ("transitions", "inquiries", "waiting"),
        "On the local AWS, as deployed.",
    ),
)


def text() -> str:
    """The page as it stands with what is kept."""
    blocks = [INTRODUCTION.strip()]
    for title, names, words in SECTIONS:
        if parts := [part for name in names if (part := kept(name))]:
            blocks.append(section(title, words, parts))
    return "\n\n".join(blocks) + "\n"


def write() -> None:
    """Write the page."""
    PAGE.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    write()
