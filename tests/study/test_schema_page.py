"""The page on writing a study file: every key is there, with a type, a default and a meaning."""

from __future__ import annotations

from worldprobe.study import load_study, shipped_studies
from worldprobe.study.schema_page import SchemaRow, component_rows, file_rows, schema_page, study_rows

SHIPPED = [item for kinds in component_rows().values() for item in kinds.items() if not item[0].startswith("toy")]


def test_every_key_has_a_meaning() -> None:
    of_components = [row for name, rows in SHIPPED for row in rows]
    without = [row.key for row in [*file_rows(), *study_rows(), *of_components] if not row.meaning or not row.type]
    assert without == []


def test_a_row_says_type_bounds_and_default() -> None:
    rows = {row.key: row for row in study_rows()}
    assert rows["frames"].type == "integer, 64 or more, or null"
    assert rows["training.schedule"].type == "one of `one-cycle`, `cosine`, `constant-cosine`"
    assert (rows["training.batch"].default, rows["seeds"].default) == ("256", "required")
    assert rows["published.values[].r2"] == SchemaRow(
        "published.values[].r2", "number", "required", "R² of a linear probe from embedding to controls"
    )


def test_the_page_has_every_component_of_the_shipped_studies() -> None:
    page = schema_page()
    for name in shipped_studies():
        settings = load_study(name).model_dump(mode="json")
        regimes, objectives = settings["regimes"].values(), settings["objectives"].values()
        for component in [settings["world"], settings["encoder"], *regimes, *objectives]:
            assert f"### `{component['name']}`" in page
    assert page.count("\n| `") > 100
