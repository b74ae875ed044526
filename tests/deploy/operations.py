"""What docs/operations.md tells its reader to do."""

from metrics import ROOT


def commands(title: str) -> str:
    """The commands that stand under a title of the page."""
    page = (ROOT / "docs/operations.md").read_text()
    section = page.split(f"\n### {title}\n")[1].split("\n#")[0]
    return section.split("```sh\n")[1].split("```")[0]
