"""A full import changes every entry, and adds some, while a campaign is being sent and people answer."""

import csv
import io
import json
import threading

from chalicelib.directory import store as directory
from chalicelib.directory.rules import COLUMNS, as_text
from tests.drills.counting import check_audit, count_campaign
from tests.drills.ground import Ground, wait_for
from tests.drills.report import Report
from tests.e2e.nominations import nomination

TITLE = "a full import while a campaign sends"
NEW = 100
PHONE = "+4122917{:04}"


def run(ground: Ground, report: Report) -> None:
    entries = list(directory.everything())
    expected = len(entries)
    rows = [{name: as_text(getattr(entry.nomination, name)) for name in COLUMNS} for entry in entries]
    for number, row in enumerate(rows):
        row["phone"] = PHONE.format(number)
    states = sorted({entry.state for entry in entries})
    rows += [nomination(states[number % len(states)], f"new-{number}@new.example") for number in range(NEW)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS))
    writer.writeheader()
    writer.writerows(rows)
    key = "imports/drill-full.csv"
    ground.client("s3").put_object(Bucket=ground.outputs["ImportsBucket"], Key=key, Body=text.getvalue().encode())

    campaign_id = ground.start_campaign()
    begun = ground.random.randint(8, 40)
    wait_for(lambda: len(ground.first_mails(campaign_id)) >= begun, "the first mails")
    said: dict[str, int] = {}

    def commit() -> None:
        event = {"import_id": "drill-full", "actor": {"kind": "system", "name": "drill"}}
        client = ground.client("lambda")
        answer = client.invoke(FunctionName=ground.name("commit-import"), Payload=json.dumps(event).encode())
        said.update(json.load(answer["Payload"]))

    importer = threading.Thread(target=commit, daemon=True)
    importer.start()
    # People answer while their entries are being rewritten.
    answered: set[str] = set()
    during = 0
    while importer.is_alive() or len(answered) < expected // 3:
        left = {poc: mail for poc, mail in ground.first_mails(campaign_id).items() if poc not in answered}
        answered |= ground.confirm(dict(list(left.items())[:8]), threads=2)
        during = len(answered) if importer.is_alive() else during
    importer.join()
    report.injected.append(f"an import of {len(rows)} rows in mid-sending: {said}; {during} people answered meanwhile")

    after = {entry.poc_id: entry for entry in directory.everything()}
    report.lost += [f"{entry.poc_id} left the directory" for entry in entries if entry.poc_id not in after]
    for number, entry in enumerate(entries):
        if after[entry.poc_id].nomination.phone != PHONE.format(number):
            report.lost.append(f"{entry.poc_id}: the change of the import")
    fresh = [entry for entry in after.values() if entry.nomination.email.endswith("@new.example")]
    if len(fresh) != NEW or len(after) != expected + NEW:
        report.lost.append(f"{NEW} new entries, but {len(fresh)} are there, {len(after)} in all")
    emails = [(entry.state, entry.nomination.kind, entry.nomination.email) for entry in after.values()]
    if len(set(emails)) < len(emails):
        report.duplicated.append(f"{len(emails) - len(set(emails))} entries are there twice")

    firsts = ground.wait_for_first_mails(campaign_id, expected)
    answered |= ground.confirm({poc: mail for poc, mail in firsts.items() if poc not in answered})
    ground.until_closed(campaign_id)
    count_campaign(ground, campaign_id, report, answered, expected)
    check_audit(report)
