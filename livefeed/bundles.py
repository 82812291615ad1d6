"""Joins the ES modules and the style sheets of `static/`, so that a page loads one script and one style sheet.

Own code, because bundlers such as esbuild need Node.js, and django-compressor cannot join ES modules. It accepts the
forms of import and export that `static/js/` uses and raises `BundleError` for others.
"""

import re
from pathlib import Path

CSS_IMPORT = re.compile(r'^@import "([\w-]+\.css)";$', re.MULTILINE)
IMPORT = re.compile(
    r'^import (?:\{(?P<names>[^}]*)\}|\* as (?P<namespace>[\w$]+)) from "\./(?P<module>[\w-]+\.js)";\n', re.MULTILINE
)
EXPORT = re.compile(
    r"^export (?P<declaration>(?:(?:async )?function\*? |class |const )(?P<name>[\w$]+)\b)", re.MULTILINE
)
NOT_JOINABLE = re.compile(
    r"""
    ^\s*(?:import|export)\b.*          # in another form than above
    | \bimport(?:\.meta|\s*\().*       # an address, or a script that is loaded later
    | ^(?:\w.*\s=\s|for\s)?await\b.*   # outside of functions: nothing may wait between two modules
    """,
    re.MULTILINE | re.VERBOSE,
)
NAME = re.compile(r"([\w$]+)(?: as ([\w$]+))?")


class BundleError(Exception):
    """A script or style sheet that cannot be joined with others."""


def join_styles(entry: Path) -> str:
    """Returns the style sheet `entry` with the sheets of its folder that it imports in place of its @import rules."""
    styles = CSS_IMPORT.sub(lambda match: (entry.parent / match[1]).read_text("utf-8"), entry.read_text("utf-8"))
    if "@import" in styles:
        raise BundleError(f'{entry.name}: only this sheet may import others, as @import "name.css";')
    return styles


def join_modules(entry: Path) -> str:
    """Returns one ES module that does what `entry` and the modules of its folder do that it imports.

    Each becomes a function of its own, which keeps its names private, and returns its exports. They are called in the
    order in which a browser evaluates modules.
    """
    modules = _Modules(entry.parent)
    modules.add(entry.name, importers=())
    return "const $modules = {};\n" + "".join(modules.functions)


class _Modules:
    """The modules of a folder, in the order in which they are evaluated: imported ones first."""

    def __init__(self, folder: Path) -> None:
        self.functions: list[str] = []
        self._folder = folder
        self._exports: dict[str, list[str]] = {}

    def add(self, module: str, importers: tuple[str, ...]) -> None:
        """Adds a module and what it imports, once. `importers` led to it."""
        if module in importers:
            raise BundleError(f"Modules import each other: {' > '.join([*importers, module])}")
        if module in self._exports:
            return
        text = (self._folder / module).read_text("utf-8")
        for match in IMPORT.finditer(text):
            self.add(match["module"], (*importers, module))
        imports = [self._import(match, module) for match in IMPORT.finditer(text)]
        self._exports[module] = self._exported_names(text, module)
        body = EXPORT.sub(r"\g<declaration>", IMPORT.sub("", text))
        if other := NOT_JOINABLE.search(body):
            raise BundleError(f"{module}: this form cannot be joined: {other[0].strip()}")
        self.functions.append(
            f'$modules["{module}"] = (() => {{\n{"".join(imports)}{body}\n'
            f"return {{ {', '.join(self._exports[module])} }};\n}})();\n"
        )

    def _exported_names(self, text: str, module: str) -> list[str]:
        names = [match["name"] for match in EXPORT.finditer(text)]
        if len(set(names)) < len(names):
            raise BundleError(f"{module}: a name is exported twice.")
        return names

    def _import(self, match: re.Match[str], importer: str) -> str:
        """Returns the import statement of a match as a declaration of constants."""
        source = f'$modules["{match["module"]}"]'
        if match["namespace"]:
            return f"const {match['namespace']} = {source};\n"
        names = [name.strip() for name in match["names"].removesuffix(",\n").split(",")]
        for name in names:
            parts = NAME.fullmatch(name)
            if not parts or parts[1] not in self._exports[match["module"]]:
                raise BundleError(f"{importer}: {match['module']} does not export {name!r}.")
        return f"const {{ {', '.join(names).replace(' as ', ': ')} }} = {source};\n"
