"""10,000 acknowledgements, as fast as the local stack takes them: how many in a minute, and that none is lost.

The pings are put into the table and their links are signed here, since SES would take twelve minutes for the mails. The
presses go through API Gateway and the Lambda. One in ten reads the page first, as a person does; the others bring the
token that the page would have given them.
"""

import http.client
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from urllib.parse import urlencode

from chalicelib.directory import store as directory
from chalicelib.links.tokens import LinkSigner, Purpose
from chalicelib.pings import service, store
from chalicelib.pings.policy import PingPolicy
from chalicelib.pings.rules import Mark, Route
from chalicelib.platform.call import Actor, Call
from tests.bench import population
from tests.drills.counting import check_audit_in_one_go
from tests.drills.ground import Ground
from tests.drills.report import Report

TITLE = "10,000 acknowledgements"
STACK = "without the proxy"
"""On a stack of its own without the proxy, which would take part of the machine."""
NUMBER = 10_000
MINUTE = 60.0
PATIENCE = 1_500.0
PEOPLE = 6


class Crowd:
    """People who press, side by side; what became of each press."""

    def __init__(self, ground: Ground, campaign_id: str, poc_ids: list[str]) -> None:
        secret = ground.client("secretsmanager").get_secret_value(SecretId="poc-directory-local/link-keys")
        self._signer = LinkSigner(secret["SecretString"].split())
        self._port = ground.aws.port
        self._campaign_id = campaign_id
        self._left: SimpleQueue[tuple[int, str]] = SimpleQueue()
        for at, poc_id in enumerate(poc_ids):
            self._left.put((at, poc_id))
        self.answers: Counter[int] = Counter()
        self.accepted: dict[str, float] = {}
        self._lock = threading.Lock()

    def press(self, until: float) -> None:
        """Press one after the other until nobody is left, or the time (time.monotonic) is up."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        while time.monotonic() < until:
            try:
                at, poc_id = self._left.get_nowait()
            except Empty:
                break
            try:
                status = self._press_one(connection, poc_id, reads=at % 10 == 0)
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            with self._lock:
                self.answers[status] += 1
                if status == http.client.SEE_OTHER:
                    self.accepted[poc_id] = time.monotonic()
            if status != http.client.SEE_OTHER:
                self._left.put((at, poc_id))  # a person presses again
        connection.close()

    def _press_one(self, connection: http.client.HTTPConnection, poc_id: str, reads: bool) -> int:
        path = "/p/" + self._signer.sign(Purpose.PING, self._campaign_id, poc_id, Route.PRIMARY.value)
        if reads:
            connection.request("GET", path)
            page = connection.getresponse()
            page.read()
            if page.status != http.client.OK:
                return page.status
        form = self._signer.sign(Purpose.FORM, self._campaign_id, poc_id)
        body = urlencode({"form": form, "answer": "confirm"})
        connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        answer.read()
        return answer.status


def run(ground: Ground, report: Report) -> None:
    now = datetime.now(UTC)
    population.put(NUMBER, now)
    poc_ids = [entry.poc_id for entry in population.entries(NUMBER, now)]
    ground.random.shuffle(poc_ids)
    campaign = service.start(PingPolicy(), Call(Actor.system("drill"), now, "drill"))
    recipients = service.open_campaign(campaign.campaign_id)

    crowd = Crowd(ground, campaign.campaign_id, poc_ids)
    began = time.monotonic()
    with ThreadPoolExecutor(PEOPLE) as pool:
        for done in [pool.submit(crowd.press, began + PATIENCE) for _person in range(PEOPLE)]:
            done.result()
    took = time.monotonic() - began
    within = sum(at - began <= MINUTE for at in crowd.accepted.values())
    report.injected.append(f"{NUMBER:,} presses by {PEOPLE} side by side, {recipients:,} entries in the directory")
    report.seen.append(f"{within:,} accepted in the first minute; {len(crowd.accepted):,} in {took:.0f} s")
    report.seen.append(f"{len(crowd.accepted) / took:.0f} a second; answers by status: {dict(crowd.answers)}")

    marks = {ping.poc_id: ping.marks for ping in store.of_campaign(campaign.campaign_id)}
    verified = {entry.poc_id for entry in directory.everything() if entry.verification.value == "verified"}
    for poc_id in crowd.accepted:
        if Mark.ACKNOWLEDGED not in marks[poc_id]:
            report.lost.append(f"{poc_id}: its acknowledgement")
        elif poc_id not in verified:
            report.lost.append(f"{poc_id}: acknowledged, and not verified")
    if len(crowd.accepted) < NUMBER:
        report.lost.append(f"{NUMBER - len(crowd.accepted):,} presses were never accepted in {PATIENCE:.0f} s")
    told = json.dumps(dict(Counter(map(len, marks.values()))))
    report.seen.append(f"marks per ping: {told}")
    check_audit_in_one_go(report)
