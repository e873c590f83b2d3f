"""Poison: broken news of mails, malformed imports, state machines started for what does not exist, oversized events.

Each must end where it belongs (skipped and logged, the dead-letter queue, a failed execution by name) and hold up
nobody else.
"""

import json
import time
from collections.abc import Iterator

from chalicelib.directory import store as directory
from chalicelib.inquiries import writing
from chalicelib.pings import service as campaign_service
from chalicelib.pings import store
from chalicelib.pings.rules import Mark
from chalicelib.platform.call import Actor, Call
from chalicelib.platform.clock import utc_now
from tests.drills.counting import check_audit
from tests.drills.faults import Fault, Kind
from tests.drills.feedback import bounced, delivered, notice
from tests.drills.ground import Ground, wait_for
from tests.drills.inquiring import open_some
from tests.drills.report import Report
from tests.e2e.nominations import nomination

TITLE = "poison input beside good input"

GONE = "PT-1999-01"
HEADER = ",".join(nomination("CH", "duty@cert.ch.example"))
BAD_FILES = {
    "bytes of no text": bytes(range(256)) * 400,
    "a spreadsheet": b"PK\x03\x04" + b"\0" * 5000,
    "UTF-16": "state,kind\nCH,technical\n".encode("utf-16"),
    "nothing": b"",
    "a header only": HEADER.encode(),
    "200,000 columns": (",".join(f"c{n}" for n in range(200_000)) + "\n").encode(),
    "one line of 3.9 MB": HEADER.encode() + b"\n" + b"x" * 3_900_000,
    "an open quote": HEADER.encode() + b'\n"CH,technical,' + b"y" * 100_000,
    "NUL in every cell": HEADER.encode() + b"\n" + ("\0," * 10 + "\0\n").encode() * 1000,
    "5 MB": b"a,b\n" * 1_250_000,
}


def _bad_news(reference: str) -> Iterator[tuple[str, str]]:
    """News that nothing can be made of, by what is wrong with it."""
    deep = "[" * 20_000 + "]" * 20_000
    yield "no JSON", "<html>service unavailable</html>"
    yield "a list", "[]"
    yield "a number", "1e400"
    yield "20,000 brackets", deep
    yield "no mail", json.dumps({"notificationType": "Bounce"})
    yield "a mail of another kind", json.dumps({"notificationType": "Bounce", "mail": 7, "bounce": []})
    yield "no time", notice("Delivery", reference).replace("timestamp", "time")
    yield "an impossible time", notice("Delivery", reference).replace("2026-", "9999-").replace("2027-", "9999-")
    yield "200 kB", notice("Delivery", reference, processingTimeMillis="9" * 200_000)
    yield "a ping that never was", delivered(f"ping.{GONE}.nobody.p.19f00000000")
    yield (
        "an inquiry that never was",
        notice("Bounce", "inquiry.IN-0000000.1", bounceType="Permanent", bounceSubType=""),
    )
    yield "a step that never was", bounced("inquiry.IN-0000000.99")
    yield "a reference of nobody", delivered("tomorrow.never.knows")
    yield "a step of no number", bounced("inquiry.IN-0000000.x")


def run(ground: Ground, report: Report) -> None:
    ground.letters()
    campaign_id = ground.start_campaign()
    firsts = ground.wait_for_first_mails(campaign_id, 40)
    chosen = list(ground.some_of(firsts, 20))
    _feedback(ground, report, campaign_id, {poc_id: firsts[poc_id].reference for poc_id in chosen})
    _imports(ground, report)
    _machines(ground, report)
    ids = open_some(1, "POISON", skip=60)
    ground.wait_for_notice(ids[0])
    if not writing.get(ids[0]).running:
        report.lost.append(f"{ids[0]}: an inquiry opened afterwards does not run")
    _cancel(campaign_id)
    check_audit(report)


def _feedback(ground: Ground, report: Report, campaign_id: str, references: dict[str, str]) -> None:
    poc_ids = list(references)
    bad = list(_bad_news(references[poc_ids[0]]))
    # One ping whose row DynamoDB refuses again and again: its news is the only one that fails.
    stuck = poc_ids.pop()
    with ground.faults.injected(Fault("dynamodb.UpdateItem", Kind.KMS, holding=f"ping#{stuck}".encode())):
        for number, (_what, text) in enumerate(bad):
            ground.publish(text, delivered(references[poc_ids[number % len(poc_ids)]]))
        ground.publish(delivered(references[stuck]))
        wait_for(lambda: all(_delivered(campaign_id, poc_id) for poc_id in poc_ids[: len(bad)]), "the good news")
        letters = wait_for(ground.letters, "the dead letter of the one that fails")
    kinds = ", ".join(what for what, _text in bad)
    report.injected.append(f"{len(bad)} kinds of bad news, a good one after each: {kinds}")
    report.injected.append("one piece of news that cannot be written down, however often it is tried")
    for poc_id in poc_ids[: len(bad)]:
        if not _delivered(campaign_id, poc_id):
            report.lost.append(f"{poc_id}: good news beside bad")
    if len(letters) != 1 or references[stuck] not in json.dumps(letters):
        report.lost.append(f"{len(letters)} dead letters instead of one: {str(letters)[:300]}")
    for letter in letters:  # what an operator does: send it again
        ground.invoke("record-mail-feedback", letter.get("requestPayload", letter))
    if not _delivered(campaign_id, stuck):
        report.lost.append(f"{stuck}: the news in the dead-letter queue, sent again")


def _delivered(campaign_id: str, poc_id: str) -> bool:
    ping = store.get(campaign_id, poc_id)
    return ping is not None and Mark.DELIVERED in ping.marks


def _imports(ground: Ground, report: Report) -> None:
    before = {(entry.poc_id, entry.version) for entry in directory.everything()}
    s3, bucket = ground.client("s3"), ground.outputs["ImportsBucket"]
    for number, (what, content) in enumerate(BAD_FILES.items()):
        s3.put_object(Bucket=bucket, Key=f"imports/poison-{number}.csv", Body=content)
        _commit(ground, f"poison-{number}")
        after = {(entry.poc_id, entry.version) for entry in directory.everything()}
        if after != before:
            report.lost.append(f"an import of {what} changed the directory")
    report.injected.append(f"imports of {', '.join(BAD_FILES)}")
    for import_id in ("never-uploaded", "../../audit/heads", "x" * 2000):
        event = {"import_id": import_id, "actor": {"kind": "system", "name": "drill"}}
        ground.invoke("commit-import", event, later=True)
    letters: list[object] = []
    wait_for(lambda: len(letters.extend(ground.letters()) or letters) >= 3, "the dead letters of three imports")  # type: ignore[func-returns-value]
    report.injected.append("three imports of files that are not there: three dead letters")
    if len(letters) != 3:
        report.lost.append(f"{len(letters)} dead letters instead of three")
    good = nomination("SE", "duty@cert.se.example")
    text = ",".join(good) + "\n" + ",".join(f'"{value}"' for value in good.values()) + "\n"
    s3.put_object(Bucket=bucket, Key="imports/poison-good.csv", Body=text.encode())
    _commit(ground, "poison-good")
    if not any(entry.nomination.email == "duty@cert.se.example" for entry in directory.everything()):
        report.lost.append("a good import after the bad ones")


def _commit(ground: Ground, import_id: str) -> None:
    """Commit a file; whether the Lambda refuses it or finds nothing in it is all the same here."""
    event = {"import_id": import_id, "actor": {"kind": "system", "name": "drill"}}
    ground.client("lambda").invoke(FunctionName=ground.name("commit-import"), Payload=json.dumps(event).encode())


def _machines(ground: Ground, report: Report) -> None:
    client = ground.client("stepfunctions")
    started: dict[str, str] = {}
    for what, arn, given in (
        ("campaign that is not in the table", "PingCampaignArn", {"campaign_id": GONE}),
        ("inquiry that is not in the table", "InquiryArn", {"inquiry_id": "IN-0000000"}),
        ("inquiry id of 100 kB", "InquiryArn", {"inquiry_id": "x" * 100_000}),
    ):
        name = f"poison-{len(started)}"
        told = client.start_execution(stateMachineArn=ground.outputs[arn], name=name, input=json.dumps(given))
        started[what] = told["executionArn"]
    ended: dict[str, str] = {}
    until = time.monotonic() + 60
    while len(ended) < len(started) and time.monotonic() < until:
        for what, arn in started.items():
            found = client.describe_execution(executionArn=arn)
            if found["status"] != "RUNNING":
                ended[what] = f"{found['status']} {found.get('error', '')}"
        time.sleep(0.5)
    report.injected.append(f"state machines for: {', '.join(started)}")
    report.seen += [f"{what}: {how}" for what, how in ended.items()]
    for what in list(started)[:2]:
        if "Gone" not in ended.get(what, ""):
            report.lost.append(f"a state machine for an {what} did not end by name: {ended.get(what)}")


def _cancel(campaign_id: str) -> None:
    campaign_service.cancel(campaign_id, Call(Actor.system("drill"), utc_now(), "drill"))
