"""Sample records, invented."""

from chalicelib.directory.entry import Holder, Kind, Nomination


def nomination(state: str = "AM", kind: Kind = Kind.TECHNICAL) -> Nomination:
    return Nomination(
        state=state,
        kind=kind,
        holder=Holder.REPRESENTATIVE,
        institution="National CERT",
        name="Sara Green",
        title="Duty Officer",
        email="duty@cert.am.example",
        alternate_email="duty.alt@cert.am.example",
        phone="+37410123456",
        languages=("hy", "ru", "en"),
        preferred_language="en",
        timezone="Asia/Yerevan",
        hours="24/7",
        networks=("OSCE", "ITU"),
        note_verbale="NV/AM/2024/001",
        note_verbale_date="2024-01-26",
    )
