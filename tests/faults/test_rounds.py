"""Nothing acknowledged is lost, nothing is doubled, no stop is undone and nothing is stuck, round after round."""

from __future__ import annotations

import os
import secrets

import pytest

from .installation import Installation
from .rounds import Round, Tally, play_round

IN_CI = os.environ.get("CI") == "true"
ROUNDS = int(os.environ.get("FAULT_ROUNDS") or (100 if IN_CI else 12))  # for each kind of database
SEED = int(os.environ.get("FAULT_SEED") or secrets.randbelow(1_000_000_000))
pytestmark = pytest.mark.faults


def test_every_round_ends_well(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    tally = Tally()
    for seed in range(SEED, SEED + ROUNDS):
        play_round(Round.of(seed), installation, tally)
    if IN_CI:  # takes as long as a lease
        play_round(Round.of_dead_workers(SEED + ROUNDS), installation, tally, helped=False)
    installation.manage("work", "--once")  # seals what the workers left for the next time
    installation.manage("audit", "verify")
    with capsys.disabled():
        print(f"\n{tally.tell(installation)}\n  first seed: {SEED}")
