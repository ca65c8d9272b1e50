"""Methods that are not built in, and what would compute a quoted row."""

from __future__ import annotations

import re
import tomllib

import pytest

from tcmoa_bench.baselines.external.command import Command
from tcmoa_bench.reports.tables.paper import paper_tables
from tcmoa_bench.run.fusers import registry
from tcmoa_bench.run.recipes import how_to_compute, recipes
from tcmoa_bench.types import Task

NAMES = (
    "Text-IF", "DDFM", "SegMiF", "MetaFusion", "MURF", "FusionGAN", "GANMcC", "DIVFusion", "MRFS", "TTD", "ControlFusion",
    "LUT-Fuse", "IVIF_unpair", "PFCFuse", "Mg-FILM", "StackMFF-V2",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_says_what_to_get_what_to_do_and_what_to_write(name, command):
    code, out, _ = command("models", "recipe", name.lower())
    recipe = recipes()[name]
    assert code == 0
    assert set(recipe.tasks) <= set(Task)
    for part in (
        recipe.repository,
        *recipe.get,
        *recipe.steps,
        *recipe.lines,
        recipe.colour,
        "Not tried here",
    ):
        assert part in out
    suite = tomllib.loads("\n".join(recipe.lines))
    assert list(suite.get("fused", {}) | suite.get("commands", {})) == [name]
    for line in suite.get("commands", {}).values():
        Command(name, line)


def test_no_recipe_for_what_is_built_in():
    assert not {name.lower() for name in recipes()} & {name.lower() for name in registry()}


def test_an_unknown_recipe_is_refused(command):
    code, _, err = command("models", "recipe", "Text-IV")
    assert code == 2
    assert "did you mean text-if" in err


@pytest.mark.parametrize("number", ["Table 1", "Table 2", "Table 3"])
def test_every_row_of_the_paper_has_a_fuser_or_a_recipe(number):
    table = next(t for t in paper_tables("tcmoa") if t.id == number)
    rows = {label: table.fusers.get(label, label) for label, _ in table.rows}
    assert all(how_to_compute(name, table.suite) for name in rows.values()), rows
    task = Task(table.suite)
    assert all(task in registry()[name].record.tasks for name in table.fusers.values())


def test_what_would_compute_a_row():
    text = how_to_compute("auif_sum", "vif")
    assert "SHA-256 668a4995403f" in text
    assert (
        "tcmoa-bench run --suite vif --data DIR --weights DIR --fusers auif_sum (its result is gray" in text
    )
    assert how_to_compute("tardal", "vif").endswith("--fusers tardal")
    assert "no hash known" in how_to_compute("swinfuse", "vif")
    assert "git blob d2794226bd48" in how_to_compute("cddfuse", "vif")
    assert how_to_compute("DDFM", "vif") == "tcmoa-bench models recipe DDFM"
    assert how_to_compute("nothing", "vif") == ""


def test_tables_name_it_for_each_quoted_row(command):
    code, out, _ = command("tables", "--paper", "tcmoa")
    assert code == 0
    assert "† AUIF, 8 cells, could be computed: TCSVT_Encoder_Base.model" in out
    assert "† DDFM, 8 cells, could be computed: tcmoa-bench models recipe DDFM" in out
    assert "† MEFNet, 2 cells, could be computed: MEFNet_release.pt" in out


def test_listing_ends_with_the_papers_rows(command):
    code, out, _ = command("models", "ls", "--task", "mff")
    assert code == 0
    assert "StackMFF-V2" in out
    rows = out[out.index("Table 3") :]
    assert re.search(r"^MFF-GAN +mffgan_mfif: ", rows, re.M)
    assert "Table 1" not in out
