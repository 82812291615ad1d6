"""`manage.py signals`: the receivers of every signal."""

from io import StringIO

from django.core.management import call_command

from livefeed import signals
from livefeed.signals import registry
from tests.stack.servers import ROOT


def printed(**options) -> list[str]:
    output = StringIO()
    call_command("signals", stdout=output, **options)
    return output.getvalue().splitlines()


def test_every_receiver_of_the_site_is_printed_with_its_place():
    lines = [line.split() for line in printed() if line.startswith("    ") and ".Publisher." not in line]
    sources = {file.stem: file.read_text().splitlines() for file in (ROOT / "livefeed/signals/receivers").glob("*.py")}
    defined = [line for lines in sources.values() for line in lines if line.startswith(("def ", "async def "))]
    names = {line.partition("(")[0].rpartition(" ")[2] for line in defined}
    names = {name for name in names if not name.startswith("_")} - {"connect"}
    assert {receiver.rpartition(".")[2] for _, receiver, _, _ in lines} == names
    for _, receiver, kind, place in lines:
        file, _, number = place.partition(":")
        *_, module, name = receiver.split(".")
        assert file == f"livefeed/signals/receivers/{module}.py"
        written = sources[module][int(number) - 1]
        assert written.startswith(f"def {name}(" if kind == "sync" else f"async def {name}(")


def test_it_prints_when_receivers_run_and_signals_without_receivers():
    lines = printed()
    assert "post_save (in the transaction)" in lines
    unconnected = [name for name in registry.own_signals() if name != "user_registered"]
    assert lines[-1] == f"without receivers: {', '.join(unconnected)}"


def test_receivers_of_other_apps_are_printed_with_async_marked():
    async def herald(**kwargs):
        pass

    signals.post_liked.connect(herald)
    try:
        lines = printed()
    finally:
        signals.post_liked.disconnect(herald)
    place = lines.index("post_liked (after the commit)")
    assert lines[place + 1].split()[:2] == ["any", f"{__name__}.{herald.__qualname__}"]
    assert " async " in lines[place + 1]
    assert "post_liked" not in lines[-1]


def test_all_includes_the_receivers_of_django():
    assert any("django.contrib.auth.models.update_last_login" in line for line in printed(all=True))
    assert not any("django.contrib.auth" in line for line in printed())


def test_the_documentation_names_every_signal():
    page = (ROOT / "docs/signals.md").read_text()
    assert [name for name in registry.own_signals() if f"`{name}`" not in page] == []
