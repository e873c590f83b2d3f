"""What SES says of mails by SNS comes late, twice, out of order, and before our own write."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from chalicelib.directory import store as directory
from chalicelib.pings import rules, store
from chalicelib.pings.rules import Mark, Ping, Route, SentMail
from chalicelib.platform.clock import to_z
from tests.drills.counting import IN_HAND, check_audit, count_campaign
from tests.drills.faults import Accepted, Call
from tests.drills.ground import Ground, quiet, wait_for
from tests.drills.report import Report

TITLE = "SNS delivers news of mails late, twice and out of order"
SENDER = "poc-directory"
DOMAIN = "unoda.example"


def notice(kind: str, reference: str, **more: object) -> str:
    """The news of SES about the mail with this reference."""
    at = to_z(datetime.now(UTC))
    told: dict[str, object] = {"timestamp": at, **more}
    mail = {"source": f"{SENDER}+{reference}@{DOMAIN}", "timestamp": at}
    return json.dumps({"notificationType": kind, "mail": mail, kind.lower(): told})


def bounced(reference: str) -> str:
    return notice("Bounce", reference, bounceType="Permanent", bounceSubType="General")


def delivered(reference: str) -> str:
    return notice("Delivery", reference)


def complained(reference: str) -> str:
    return notice("Complaint", reference)


class Bouncer:
    """Publishes the bounce of each mail to these PoCs as soon as SES has it: before our own write of the batch."""

    def __init__(self, ground: Ground, number: int) -> None:
        self._ground, self._left = ground, number
        self.poc_ids: list[str] = []

    def __call__(self, call: Call, when: str) -> None:
        if call.operation != "ses.SendRawEmail" or when != "after" or not self._left:
            return
        mail = self._ground.faults.mails[-1]
        if not mail.reference.startswith("ping."):
            return
        _word, _campaign, poc_id, route, _at = mail.reference.split(".")
        if route == Route.PRIMARY.value[0] and poc_id not in self.poc_ids:
            self._left -= 1
            self.poc_ids.append(poc_id)
            self._ground.publish(bounced(mail.reference), bounced(mail.reference))


def run(ground: Ground, report: Report) -> None:
    expected = len(list(directory.everything()))
    early = Bouncer(ground, 5)
    with ground.faults.watched(early):
        campaign_id = ground.start_campaign()
        firsts = ground.wait_for_first_mails(campaign_id, expected)
    report.injected.append(f"{len(early.poc_ids)} bounces, each twice, before our own write of the mail")

    shuffled = ground.some_of(firsts, len(firsts))
    rest = [poc_id for poc_id in shuffled if poc_id not in early.poc_ids]
    bouncing, complaining, late, pressed = rest[:10], rest[10:15], rest[15:45], rest[45:50]
    news = [bounced(firsts[poc_id].reference) for poc_id in bouncing] * 2
    news += [complained(firsts[poc_id].reference) for poc_id in complaining] * 2
    news += [delivered(firsts[poc_id].reference) for poc_id in (*bouncing, *complaining)]  # after the bounce, or before
    ground.random.shuffle(news)
    ground.publish(*news)
    told_at = datetime.now(UTC)
    report.injected.append(f"{len(news)} notices in random order: bounces and complaints twice, deliveries of the same")

    # Who answers, and whose first mail bounces afterwards: the answer stays, and no other route is tried.
    answered = ground.confirm({poc_id: firsts[poc_id] for poc_id in pressed})
    ground.publish(*(bounced(firsts[poc_id].reference) for poc_id in pressed))
    report.injected.append(f"{len(pressed)} bounces after the answer")

    failing = [*early.poc_ids, *bouncing]
    with_another_way = [ping for poc_id in failing if len(rules.available(ping := _ping(campaign_id, poc_id))) > 1]
    seconds = wait_for(
        lambda: _seconds(ground, campaign_id, with_another_way), "the next route of all that bounced", 90
    )
    # Late news of the first mail, when the second is out, and twice: nothing more is sent.
    ground.publish(*(bounced(firsts[ping.poc_id].reference) for ping in with_another_way))
    ground.publish(*(delivered(mail.reference) for mail in seconds.values()))
    report.injected.append(
        f"{len(with_another_way)} bounces of first mails once more, after the mail by the next route"
    )
    quiet(lambda: len(ground.mails_of(campaign_id)))
    sent = [SentMail.of_reference(mail.reference) for mail in ground.mails_of(campaign_id)]
    for ping in with_another_way:
        # One mail for the bounce however often it is told, and one for each milestone since.
        most = 1 + _ping(campaign_id, ping.poc_id).milestone
        others = sum(mail.poc_id == ping.poc_id and mail.route is not Route.PRIMARY for mail in sent)
        if others > most:
            report.duplicated.append(
                f"{ping.poc_id}: {others} mails by other routes instead of {most} after its bounce"
            )
        again = [mail for mail in sent if mail.poc_id == ping.poc_id and mail.route is Route.PRIMARY]
        if any((mail.sent_at - told_at).total_seconds() > IN_HAND for mail in again):
            report.duplicated.append(f"{ping.poc_id}: mail by the route that is known to fail")
    report.lost += [f"{poc}: no longer answered" for poc in pressed if not rules.answered(_ping(campaign_id, poc))]
    wait_for(lambda: any(_is_reminder(mail, firsts) for mail in ground.mails_of(campaign_id)), "a reminder")
    quiet(lambda: len(ground.mails_of(campaign_id)))
    ground.publish(*(delivered(firsts[poc_id].reference) for poc_id in late))
    report.injected.append(f"{len(late)} deliveries of first mails after the reminder")
    quiet(lambda: sum(Mark.DELIVERED in _ping(campaign_id, poc_id).marks for poc_id in late))
    for poc_id in late:
        marks = _ping(campaign_id, poc_id).marks
        if Mark.DELIVERED not in marks:
            report.lost.append(f"{poc_id}: the news that its mail was delivered")
        elif marks[Mark.DELIVERED] >= marks[Mark.SENT]:
            report.clocks.append(f"{poc_id}: late news of the first mail counts for the reminder")
    for poc_id in failing:
        if Route.PRIMARY not in _ping(campaign_id, poc_id).failed:
            report.lost.append(f"{poc_id}: the news that its mail bounced")
    for poc_id in complaining:
        ping = _ping(campaign_id, poc_id)
        if Mark.COMPLAINED not in ping.marks or Route.PRIMARY not in ping.failed:
            report.lost.append(f"{poc_id}: the complaint")
    # All others answer, so that the window need not be waited for.
    everybody = {**firsts, **seconds}
    answered |= ground.confirm({poc_id: mail for poc_id, mail in everybody.items() if poc_id not in answered})
    report.lost += [f"the site did not take the answer of {poc_id}" for poc_id in everybody.keys() - answered]
    ground.until_closed(campaign_id)
    count_campaign(ground, campaign_id, report, answered, expected)
    check_audit(report)
    letters = ground.letters()
    report.lost += [f"a dead letter: {str(letter)[:150]}" for letter in letters]


def _ping(campaign_id: str, poc_id: str) -> Ping:
    found = store.get(campaign_id, poc_id)
    assert found is not None, poc_id
    return found


def _seconds(ground: Ground, campaign_id: str, pings: Iterable[Ping]) -> dict[str, Accepted] | None:
    """The mail by the next route for each of these PoCs, when all are out."""
    found: dict[str, Accepted] = {}
    for mail in ground.mails_of(campaign_id):
        sent = SentMail.of_reference(mail.reference)
        if sent.route is not Route.PRIMARY:
            found.setdefault(sent.poc_id, mail)
    wanted = {ping.poc_id for ping in pings}
    return {poc_id: found[poc_id] for poc_id in wanted} if wanted <= found.keys() else None


def _is_reminder(mail: Accepted, firsts: dict[str, Accepted]) -> bool:
    poc_id = mail.reference.split(".")[2]
    return mail.reference.split(".")[3] == Route.PRIMARY.value[0] and mail is not firsts[poc_id]
