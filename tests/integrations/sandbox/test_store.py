"""The sandbox's store: what fails leaves nothing behind, look-ups follow the records."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.sandbox.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store(indexes={"v": {"o": ("email",)}})
    yield store
    store.close()


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError), store.transaction():
        store.shelf("v").put("o", "1", {"email": "a@example.com"})
        raise RuntimeError
    assert store.shelf("v").all("o") == []
    assert store.shelf("v").find("o", "email", "a@example.com") == []


def test_a_failed_inner_transaction_takes_back_its_own_part_only(store: Store) -> None:
    shelf = store.shelf("v")
    with store.transaction():
        shelf.put("o", "1", {})
        with pytest.raises(RuntimeError), store.transaction():
            shelf.put("o", "2", {})
            raise RuntimeError
    assert shelf.get("o", "1") == {} and shelf.get("o", "2") is None


def test_look_ups_follow_changes_and_ignore_case(store: Store) -> None:
    shelf = store.shelf("v")
    shelf.put("o", "1", {"email": "Old@example.com"})
    shelf.put("o", "1", {"email": "New@example.com"})
    assert [len(shelf.find("o", "email", text)) for text in ("old@example.com", "NEW@example.com")] == [0, 1]
    shelf.remove("o", "1")
    assert shelf.find("o", "email", "new@example.com") == []


def test_unreadable_text_is_kept(store: Store) -> None:
    store.shelf("v").put("o", "1", {"email": "\ud800"})
    assert store.shelf("v").get("o", "1") == {"email": "\ud800"}
