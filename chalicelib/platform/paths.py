"""The folders that ship beside the code: at the root of the zip in Lambda, of the repository elsewhere."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
LOCALES = ROOT / "locales"
DATA = ROOT / "data"
