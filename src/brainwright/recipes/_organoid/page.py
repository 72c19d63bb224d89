from pathlib import Path


def body(folder: Path) -> str:
    return "<p>todo</p>"
