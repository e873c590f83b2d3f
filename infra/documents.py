"""Parts of documents that are written by a program, between two marks."""


def with_part(document: str, part: str, begin: str, end: str) -> str:
    """`document` with `part` between the marks. Raises ValueError when it does not have them."""
    before, found, rest = document.partition(begin)
    _old, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError("the document has no place for this part")
    return f"{before}{begin}\n{part}\n{end}{after}"
