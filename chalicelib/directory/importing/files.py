"""The bucket of imports: for each, the file as it came and its report. It forgets them after two days."""

from chalicelib.directory.importing.report import Report
from chalicelib.platform import aws


class Files:
    """The files of the imports in one bucket."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def put_file(self, import_id: str, content: bytes) -> None:
        """Keep the file as it came."""
        self._put(f"imports/{import_id}.csv", content, "text/csv")

    def file(self, import_id: str) -> bytes | None:
        """The file as it came; None when the bucket has forgotten it."""
        return self._get(f"imports/{import_id}.csv")

    def put_report(self, import_id: str, report: Report) -> None:
        """Keep the report, over the one before."""
        self._put(f"imports/{import_id}.json", report.to_json(), "application/json")

    def report(self, import_id: str) -> Report | None:
        """The latest report; None when the bucket has forgotten it."""
        content = self._get(f"imports/{import_id}.json")
        return None if content is None else Report.from_json(content)

    def _put(self, key: str, content: bytes, content_type: str) -> None:
        aws.s3().put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=content_type)

    def _get(self, key: str) -> bytes | None:
        client = aws.s3()
        try:
            return client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except client.exceptions.NoSuchKey:
            return None
