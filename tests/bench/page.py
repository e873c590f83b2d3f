"""`docs/benchmarks.md`, written from what the parts found: `python -m tests.bench.page`."""

from tests.bench.plot import PLOT, svg
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
With 100,000 PoCs, 200 mails a second are taken for granted: an account with so many will have asked SES for more than
14 (what 14 a second would mean for transitions and history is worked out).

![Time, memory, transitions and history as campaigns grow](images/benchmarks.svg)""",
    ),
    (
        "Cost",
        ("cost",),
        """
From request units, calls and CPU seconds counted by the stand-in, times the public prices of US East (N. Virginia),
without any free tier (`tests/bench/cost.py`: prices and pure functions, tested). Assumed: 6 ms for a call to DynamoDB,
a Lambda of 512 MB has 0.29 of a processor, 600 bytes of log a call, one piece of news a mail (delivered), X-Ray's
default sampling (pages are few, so each is recorded), an index of a transaction costs single, pages go out
uncompressed. The floor is what SES takes for the mails. Nothing here was seen on a bill.

**Is 1.1 times the floor met?** By the campaign itself (open, send, take in the news, remind, close) yes, however many
answer. The pages on which they answer come on top, and with them it is not: a tenth of the floor is $10 for a million
mails, of which sending and the news of delivery take 5, and one request to API Gateway with the firewall takes 4 before
our code runs. The audit of an answer and of each view of contact data, in a transaction and found by its indexes, takes
most of the rest, and is not for sale. What could still go, largest first: X-Ray's traces of pages (all of
them: Lambda's sampling cannot be set), the second view of the details after the press (it is audited like the first),
the style sheet's own request.""",
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
    """Write the page and its plot."""
    PAGE.write_text(text(), encoding="utf-8")
    if campaigns := [part for number in (1_000, 10_000, 100_000) if (part := kept(f"campaign-{number}"))]:
        PLOT.write_text(svg(campaigns), encoding="utf-8")


if __name__ == "__main__":
    write()
