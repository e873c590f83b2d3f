"""Where the files that ship beside the code lie: at the zip's root in Lambda, at the repository's root elsewhere."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
LOCALES = ROOT / "locales"
DATA = ROOT / "data"
