"""discordant-cases.csv: a row for each case and build, which no spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io

import pytest

from longcon.audit import discordant_csv


def _entry(case: str, call: str = "GBM, RTK I") -> dict[str, object]:
    return {
        "comparison": "LC-PQ-04[k2]",
        "k": 2,
        "epoch": 7,
        "tau": 0.75,
        "case": case,
        "builds": [
            {"device": "cpu", "build": "ab", "call": call, "score": 0.875},
            {"device": "cpu+order:1", "build": "cd", "call": "GBM, MES", "score": 0.7512345678901234},
        ],
    }


def test_without_a_case_there_is_the_header_alone() -> None:
    assert discordant_csv([]) == b"comparison,k,epoch,tau,case,device,build,call,score\r\n"


def test_a_row_for_each_build() -> None:
    assert discordant_csv([_entry("GSM1")]).decode().split("\r\n")[1:] == [
        'LC-PQ-04[k2],2,7,0.75,GSM1,cpu,ab,"GBM, RTK I",0.875',
        'LC-PQ-04[k2],2,7,0.75,GSM1,cpu+order:1,cd,"GBM, MES",0.7512345678901234',
        "",
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=x"])
def test_no_cell_runs(text: str) -> None:
    row = list(csv.reader(io.StringIO(discordant_csv([_entry(text, text)]).decode(), newline="")))[1]
    assert (row[4], row[7]) == (f"'{text}", f"'{text}")


def test_every_text_is_read_back_as_it_is() -> None:
    text = 'a "quoted"\r\ncase, é'
    row = list(csv.reader(io.StringIO(discordant_csv([_entry(text)]).decode(), newline="")))[1]
    assert row[4] == text
