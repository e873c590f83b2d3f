"""The file that the manager imports: every outcome, several scripts, and addresses that do not work.

The local SES answers mail to `bounce@` and `complaint@simulator.amazonses.com` as the real one does; what stands
after a `+` makes the addresses different.
"""

import csv
import io
from pathlib import Path

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "nominations.csv"
LONG = "Совет по международной информационной безопасности и координации реагирования на компьютерные инциденты "

BOUNCES_THEN_ANSWERS = "bounce+answers@simulator.amazonses.com"
BOUNCES_THEN_SILENT = "bounce+silent@simulator.amazonses.com"
BOUNCES_COLLEAGUE_ANSWERS = "bounce+colleague@simulator.amazonses.com"
BOUNCES_EVERYWHERE = "bounce+everywhere@simulator.amazonses.com"
COMPLAINS = "complaint@simulator.amazonses.com"
COLLEAGUE = "duty@cert.ke.example"
ARABIC, CHINESE, CYRILLIC = "duty@cert.ae.example", "policy@mfa.my.example", "duty@cert.kz.example"


def sample() -> list[dict[str, str]]:
    """The nominations that a fresh stack holds."""
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def nomination(state: str, email: str, **given: str) -> dict[str, str]:
    """A row of the file, a technical institution unless said otherwise."""
    usual = {
        "state": state, "kind": "technical", "holder": "institution", "institution": "National CERT", "name": "",
        "title": "", "email": email, "alternate_email": "", "phone": "+41000000000", "languages": "en",
        "preferred_language": "en", "timezone": "Europe/Zurich", "hours": "24/7", "networks": "",
        "note_verbale": f"NV/{state}/2026/001", "note_verbale_date": "2026-01-05",
    }  # fmt: skip
    return {**usual, **given}


def new() -> list[dict[str, str]]:
    """Rows that are not in the directory yet, of States that have nobody in the sample."""
    return [
        nomination("CH", BOUNCES_THEN_ANSWERS, alternate_email="duty.alt@cert.ch.example"),
        nomination("NO", BOUNCES_THEN_SILENT, alternate_email="duty.alt@cert.no.example"),
        nomination("KE", BOUNCES_COLLEAGUE_ANSWERS),
        nomination("KE", COLLEAGUE, kind="diplomatic", holder="representative", name="Ms Wanjiru Otieno"),
        nomination("PG", BOUNCES_EVERYWHERE, alternate_email="bounce+alternate@simulator.amazonses.com"),
        nomination("FI", COMPLAINS, alternate_email="duty.alt@cert.fi.example", institution='=HYPERLINK("x") CERT'),
        nomination(
            "AE", ARABIC, holder="representative", institution="الفريق الوطني للاستجابة لطوارئ الحاسوب",
            name="السيدة فاطمة الزهراء بنت عبد الرحمن آل مكتوم", title="رئيسة قسم الاستجابة للحوادث",
            languages="ar;en", preferred_language="ar", timezone="Asia/Dubai",
        ),
        nomination(
            "MY", CHINESE, kind="diplomatic", holder="representative", institution="马来西亚外交部多边事务局",
            name="陈美玲女士", title="参赞", languages="zh;ms", preferred_language="zh", timezone="Asia/Kuala_Lumpur",
        ),
        nomination(
            "KZ", CYRILLIC, holder="representative", institution=(LONG * 2)[:200].strip(),
            name="Нурсултан-Александр Константинович Абдурахманов-Вознесенский-Преображенский",
            title="Заместитель начальника управления международного сотрудничества",
            languages="kk;ru", preferred_language="ru", timezone="Asia/Almaty",
        ),
    ]  # fmt: skip


def changed() -> dict[str, str]:
    """A row of the sample with another telephone number and other hours."""
    return {**sample()[1], "phone": "+376999888", "hours": "24/7"}


def unchanged() -> dict[str, str]:
    """A row of the sample as it is."""
    return sample()[0]


def refused() -> list[tuple[dict[str, str], str]]:
    """Rows that are refused, each with words of the reason."""
    return [
        (nomination("XX", "duty@cert.xx.example"), "is not the code of a Member or observer State"),
        (nomination("SE", "duty at cert.se.example"), "Mail cannot be sent to"),
        (nomination("SE", "duty@cert.se.example", timezone="Europe/Nowhere"), "is not an IANA time zone"),
        (nomination("SE", "policy@mfa.se.example", holder="representative"), "A representative needs a name"),
        (nomination("DK", "duty@cert.dk.example"), "name the same State, kind and e-mail address"),
        (nomination("DK", "DUTY@cert.dk.example"), "name the same State, kind and e-mail address"),
        (nomination("SE", "other@cert.se.example", phone="0041440000000"), "is not an international number"),
    ]


def as_file() -> bytes:
    """All of them as a file with semicolons and a byte-order mark, as spreadsheets write it."""
    rows = [*new(), changed(), unchanged(), *(row for row, _reason in refused())]
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return ("\ufeff" + text.getvalue()).encode()
