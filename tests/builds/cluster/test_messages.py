"""What is heard of a build is told on; that another worker trains it now is told once, before it goes on."""

from __future__ import annotations

from longcon.builds.cluster.messages import Listener


def test_another_worker_is_told_of_before_its_first_epoch() -> None:
    told: list[int | str] = []
    listener = Listener("k=2, replicate 1", {"tcp://b:2": "tcp://b:2 (second)"}.__getitem__, told.append, told.append)
    for message in (
        {},
        {"worker": "tcp://a:1", "epoch": 1},
        {"worker": "tcp://a:1", "note": "It goes on."},
        {"worker": "tcp://a:1", "epoch": 2},
        {"worker": "tcp://b:2", "epoch": 1},
        {"worker": "tcp://b:2", "epoch": 2},
    ):
        listener.hear(message)
    assert told == [
        1,
        "It goes on.",
        2,
        "Worker tcp://a:1 has gone: k=2, replicate 1 is trained by tcp://b:2 (second).",
        1,
        2,
    ]
