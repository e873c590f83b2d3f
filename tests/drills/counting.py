"""Comparing what was to happen with what the tables and the provider's ledger say."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from chalicelib.audit.chain import Break, Head, Link, walked
from chalicelib.audit.store import AuditRow, HeadRow, head_of, link_of
from chalicelib.audit.verifying import Walk, verify
from chalicelib.directory import store as directory
from chalicelib.pings import campaigns, rules, store
from chalicelib.pings.rules import CampaignStatus, Mark, MilestoneKind, Route, SentMail
from tests.drills.ground import Ground
from tests.drills.report import Report

IN_HAND = 10.0
"""Seconds for which a mail may be in hand on a busy machine."""
HASTE = timedelta(milliseconds=1)  # references carry whole milliseconds


def count_campaign(
    ground: Ground,
    campaign_id: str,
    report: Report,
    answered: Collection[str],
    expected: int,
    skew: float = 0.0,
    forgotten: tuple[datetime, datetime] | None = None,
) -> None:
    """Hold a closed campaign against the ledger: mails, answers, marks, milestones, the mail to the manager.

    `answered` are those whose answer the site accepted, `expected` how many PoCs there were; `skew` (seconds) is how
    far a Lambda's clock was off. `forgotten` is the stretch of time of which the tables were set back.
    """
    campaign = campaigns.get(campaign_id)
    assert campaign is not None, campaign_id
    pings = {ping.poc_id: ping for ping in store.of_campaign(campaign_id)}
    mails = [SentMail.of_reference(mail.reference) for mail in ground.mails_of(campaign_id)]
    by_poc: dict[str, list[SentMail]] = {}
    for mail in mails:
        by_poc.setdefault(mail.poc_id, []).append(mail)

    # Lost
    if len(pings) != expected:
        report.lost.append(f"{campaign_id}: {expected} PoCs, but {len(pings)} pings")
    for poc_id, ping in pings.items():
        sent = by_poc.get(poc_id, [])
        if not sent:
            report.lost.append(f"{campaign_id}: no mail about {poc_id}")
        if ping.mails > len(sent):
            report.lost.append(f"{campaign_id}: {poc_id} has {ping.mails} mails as its row says, {len(sent)} in truth")
        if not rules.answered(ping) and not ping.failed:
            routes = Counter(mail.route for mail in sent)
            wanted = {
                Route.PRIMARY: 3,
                Route.ALTERNATE: int(ping.has_alternate),
                Route.OTHER: int(bool(ping.other_poc_id)),
            }
            for route, number in wanted.items():
                if routes[route] < number:
                    report.lost.append(f"{campaign_id}: {poc_id} got {routes[route]} of {number} mails ({route.value})")
        if ping.outbox:
            report.lost.append(f"{campaign_id}: a mail about {poc_id} waits after the close")
        if poc_id in answered and Mark.ACKNOWLEDGED not in ping.marks:
            report.lost.append(f"{campaign_id}: the answer of {poc_id}")
        if not rules.answered(ping) and Mark.CLOSED not in ping.marks:
            report.lost.append(f"{campaign_id}: {poc_id} is neither answered nor closed")
    verified = {entry.poc_id for entry in directory.everything() if entry.verification.value == "verified"}
    report.lost += [f"{campaign_id}: {poc_id} is not marked verified" for poc_id in set(answered) - verified]
    if campaign.status is not CampaignStatus.CLOSED:
        report.lost.append(f"{campaign_id} is {campaign.status.value}")
    elif campaign.results["total"] != expected or campaign.results["acknowledged"] < len(answered):
        report.lost.append(f"{campaign_id}: its result says {dict(campaign.results)}")
    told = [m for m in list(ground.faults.mails) if not m.reference and campaign_id in m.text and "closed" in m.subject]
    if not told:
        report.lost.append(f"{campaign_id}: the manager was not told")
    if len(told) > 1:
        report.documented.append(f"{campaign_id}: the manager was told {len(told)} times")

    # Twice
    extra = {poc_id: len(by_poc.get(poc_id, [])) - ping.mails for poc_id, ping in pings.items()}
    excused = {
        poc_id: pings[poc_id].possible_duplicates + _forgotten(by_poc.get(poc_id, []), forgotten) for poc_id in pings
    }
    known = Counter(number for poc_id, number in extra.items() if 0 < number <= excused[poc_id])
    report.documented += [
        f"{campaign_id}: {number} mail(s) more than the row says, about {pocs} PoCs" for number, pocs in known.items()
    ]
    report.duplicated += [
        f"{campaign_id}: {number} mail(s) about {poc_id} more than its row says ({rules.state(pings[poc_id]).value})"
        for poc_id, number in extra.items()
        if number > max(0, excused[poc_id])
    ]
    for poc_id, ping in pings.items():
        routes = Counter(mail.route for mail in by_poc.get(poc_id, []))
        more = {Route.PRIMARY: 3, Route.ALTERNATE: 1, Route.OTHER: 1}
        over = sum(max(0, number - more[route]) for route, number in routes.items())
        if over > excused[poc_id] and not ping.failed:  # after a bounce, reminders go another way
            report.duplicated.append(f"{campaign_id}: {over} mail(s) too many about {poc_id}")
    report.seen.append(
        f"{campaign_id}: {len(mails)} mails about {len(by_poc)} PoCs, {len(answered)} answers, "
        f"{campaign.possible_duplicates} counted as possibly sent twice"
    )

    # Clocks
    slack = timedelta(seconds=abs(skew)) + HASTE
    starts = [(step.kind, step.at) for step in campaign.milestones]
    first_at = {MilestoneKind.ALTERNATES: Route.ALTERNATE, MilestoneKind.OTHER_POC: Route.OTHER}
    for kind, at in starts:
        late_route = first_at.get(kind)
        early = [m for m in mails if m.route is late_route and m.sent_at < at - slack and not pings[m.poc_id].failed]
        report.clocks += [f"{campaign_id}: mail to {m.poc_id} ({m.route.value}) before its time" for m in early]
    reminders = sorted(at for kind, at in starts if kind is MilestoneKind.REMIND)
    in_hand = 0
    for poc_id, sent in by_poc.items():
        # The n-th reminder is not before its milestone: at most n mails of the main route are out before the n-th.
        before = [sum(1 for m in sent if m.route is Route.PRIMARY and m.sent_at < at - slack) for at in reminders]
        for number, count in enumerate(before, 1):
            if count > number + excused[poc_id]:
                report.clocks.append(f"{campaign_id}: reminder {number} to {poc_id} before its time")
        for mail in sent:
            answered_at = rules.answered_at(pings[poc_id])
            late = (mail.sent_at - answered_at - slack).total_seconds() if answered_at else 0.0
            if late > IN_HAND:
                report.duplicated.append(f"{campaign_id}: mail to {poc_id} {late:.1f} s after its answer")
            elif late > 0:
                in_hand += 1
    if in_hand:
        report.documented.append(f"{campaign_id}: {in_hand} mail(s) were in hand when the answer came")
    everybody = all(rules.answered(ping) for ping in pings.values())
    if campaign.closed_at and campaign.closed_at < campaign.closes_at - slack and not everybody:
        report.clocks.append(f"{campaign_id} closed at {campaign.closed_at}, before {campaign.closes_at}")
    if campaign.closed_at:
        late = (campaign.closed_at - campaign.closes_at).total_seconds()
        report.seen.append(f"{campaign_id}: closed {late:+.1f} s from the end of its window")
    _count_machines(ground, campaign_id, report)


def _forgotten(sent: Iterable[SentMail], stretch: tuple[datetime, datetime] | None) -> int:
    """How many of these mails went out in the stretch that the tables have forgotten."""
    return sum(1 for mail in sent if stretch and stretch[0] <= mail.sent_at <= stretch[1])


def _count_machines(ground: Ground, campaign_id: str, report: Report) -> None:
    machines = ground.machines(ground.outputs["PingCampaignArn"], campaign_id)
    running = [name for name, status in machines.items() if status == "RUNNING"]
    if running:
        report.lost.append(f"{campaign_id}: still running after its close: {', '.join(running)}")
    report.seen.append(f"{campaign_id}: state machines {machines}")


def check_audit(report: Report, bucket: str = "") -> None:
    """Walk all audit chains; with a `bucket`, also hold them against the heads that were kept there."""
    walk = Walk()
    while not walk.done:
        walk = verify(walk, bucket, datetime.now(UTC))
    report.lost += [f"audit: {wrong.subject}, record {wrong.number}: {wrong.fault}" for wrong in walk.breaks]
    report.seen.append(f"audit: {walk.chains} chains with {walk.records} records fit" if walk.fits else "audit: broken")


def check_audit_in_one_go(report: Report) -> None:
    """The same for more chains than the local AWS can be asked for one by one: all records and heads, read once."""
    chains: dict[str, list[Link]] = defaultdict(list)
    for row in AuditRow.scan():
        chains[row.subject].append(link_of(row))
    heads = {row.subject: head_of(row) for row in HeadRow.scan()}
    breaks = []
    for subject in chains.keys() | heads.keys():
        links = sorted(chains[subject], key=lambda link: link.number)
        breaks += [each for each in walked(subject, links, heads.get(subject, Head())) if isinstance(each, Break)]
    report.lost += [f"audit: {wrong.subject}, record {wrong.number}: {wrong.fault}" for wrong in breaks]
    read = sum(map(len, chains.values()))
    report.seen.append(f"audit: {len(chains)} chains with {read} records" + (" fit" if not breaks else ": broken"))
