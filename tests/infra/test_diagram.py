"""The diagrams in docs/ are those of the committed state machines."""

from infra.diagram import DOCS, drawn, with_diagrams


def test_every_diagram_in_the_docs_is_as_the_asl_file_is_now() -> None:
    for path in DOCS.glob("*.md"):
        page = path.read_text(encoding="utf-8")
        assert with_diagrams(page) == page, f"{path.name}: run `python -m infra.diagram`"


def test_a_diagram_shows_choices_errors_and_tokens() -> None:
    wait = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "More"}],
        "Next": "More",
    }
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.next", "StringEquals": "end", "Next": "Ended"}],
        "Default": "Wait",
    }
    machine = {"StartAt": "More", "States": {"More": choice, "Wait": wait, "Ended": {"Type": "Succeed"}}}
    assert drawn(machine).splitlines()[1:] == [
        "    [*] --> More",
        "    More --> Ended: next is end",
        "    More --> Wait: otherwise",
        "    Wait --> More: token",
        "    Wait --> More: time is up",
        "    Ended --> [*]",
    ]
