"""Every field of the configuration has exactly one place in the form."""

from collections import Counter

from tinygpt_tui.training import groups, recipe
from tinygpt_tui.training.groups import Group, further_groups


def test_every_field_has_one_place():
    places = Counter(name for group in further_groups(recipe.fields()) for name in group.names)
    assert set(places) == recipe.fields().keys() - {*recipe.MAIN, *recipe.LENGTH}
    assert set(places.values()) == {1}
    assert (*groups.MODEL, *groups.TRAINING) == recipe.MAIN
    assert groups.WORDS.keys() == set(recipe.MAIN)


def test_a_new_field_is_not_lost():
    assert further_groups(["norm", "steps", "embed_dim", "new"]) == [
        Group(groups.FURTHER[0].title, ("norm",)),
        Group("others", ("new",)),
    ]
    assert "others" not in {group.title for group in further_groups(recipe.fields())}
