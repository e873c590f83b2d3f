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
        "Pages",
        ("pages",),
        """
API Gateway's events go straight into the app, pinned to one core; the tables are in the stand-in on another core, and
each call to AWS costs what botocore, PynamoDB and a round trip on loopback take, which is nearly all of it. The bare
route is `return Response("ok")` in a Chalice app with the same middleware, asked in turn with the page. Measured on a
busy machine: CPU time tells more than pages a second.""",
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
        "Campaigns of any size",
        ("campaign-1000", "campaign-10000", "campaign-100000"),
        """
The committed state machine, interpreted by moto, calls the real Lambdas, each a warm process of its own, from *Open* to
*Close*; nobody answers, so everybody gets every mail there is. The tables are in the stand-in. Waits are jumped over,
and so are the pauses that SES asks for; what the Lambdas work takes its time. History counts what AWS would have.

![Time, memory, transitions and history as campaigns grow](images/benchmarks.svg)""",
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
