from pathlib import Path

from polycopy.trading.order_life import mermaid

README = Path(__file__).parents[3] / "README.md"


def test_the_diagram_in_the_readme_is_drawn_from_the_table() -> None:
    assert f"```mermaid\n{mermaid()}```" in README.read_text()
