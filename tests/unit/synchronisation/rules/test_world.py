"""World: who answers to a match key, also while the objects of a page change it."""

from collections.abc import Iterable

from synchronisation.rules.world import MatchKey, Mvo, World

KEY: MatchKey = (1, "common name")


def mvo(name: str) -> Mvo:
    return Mvo(name, 1, {}, {}, before={})


def world_of(*, known: set[str], stored: set[str] = frozenset()) -> World:  # type: ignore[assignment]
    """MVOs that the page's first look found, of those that the database has."""

    def fetch(key: MatchKey) -> Iterable[Mvo]:
        assert key == KEY
        return [mvo(name) for name in sorted(stored)]

    world = World(fetch, lambda ids: [])
    for name in known:
        world.add(mvo(name))
    world.know(KEY, set(known))
    return world


def test_key_that_nobody_answers_to() -> None:
    assert world_of(known=set()).answering((1, "rare")) == set()


def test_gained_key_answers_at_once() -> None:
    world = world_of(known={"a"})
    world.rekey("b", 1, lost=set(), gained={KEY[1]})
    assert world.answering(KEY) == {"a", "b"}
    assert (world.lost_keys, world.gained_keys) == ([], [(1, KEY[1], "b")])


def test_lost_key_answers_no_longer() -> None:
    world = world_of(known={"a"})
    world.rekey("a", 1, lost={KEY[1]}, gained={"other"})
    assert (world.answering(KEY), world.answering((1, "other"))) == (set(), {"a"})
    assert world.lost_keys == [(1, KEY[1], "a")]


def test_two_known_of_many_stay_ambiguous_when_one_leaves() -> None:
    world = world_of(known={"a", "b"}, stored={"a", "b", "c"})
    world.rekey("a", 1, lost={KEY[1]}, gained=set())
    assert world.answering(KEY) == {"b", "c"}


def test_two_known_of_two_leave_one() -> None:
    world = world_of(known={"a", "b"}, stored={"a", "b"})
    world.rekey("a", 1, lost={KEY[1]}, gained=set())
    assert world.answering(KEY) == {"b"}


def test_object_that_the_page_loaded_for_another_reason_still_answers() -> None:
    world = world_of(known={"a", "b"}, stored={"a", "b", "c"})
    world.add(mvo("c"))
    world.rekey("a", 1, lost={KEY[1]}, gained=set())
    assert world.answering(KEY) == {"b", "c"}


def test_database_is_asked_once_so_that_earlier_losses_stay() -> None:
    world = world_of(known={"a", "b"}, stored={"a", "b", "c"})
    world.rekey("a", 1, lost={KEY[1]}, gained=set())
    world.rekey("c", 1, lost={KEY[1]}, gained=set())
    assert world.answering(KEY) == {"b"}


def test_record_of_the_page_is_kept_when_the_database_gives_it_again() -> None:
    world = world_of(known={"a", "b"}, stored={"a", "b"})
    changed = world.mvos["b"]
    world.rekey("a", 1, lost={KEY[1]}, gained=set())
    assert world.mvos["b"] is changed
