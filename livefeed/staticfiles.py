"""Static files of production: joined, minified, named by their content and compressed."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage
from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

from livefeed.bundles import join_modules, join_styles

BUNDLES: dict[str, Callable[[Path], str]] = {"css/livefeed.css": join_styles, "js/livefeed.js": join_modules}
"""Functions that join an entry file with the files of its folder that it imports, by the path of the entry file."""

MINIFIERS = {"css": cssmin, "js": jsmin}
"""Minifiers for Livefeed's own files, by their folder. WhiteNoise then compresses each file by gzip and Brotli."""


class BundleFinder(FileSystemFinder):
    """Finds the files of `static/`, with the scripts and the style sheets each joined into one.

    They are joined whenever they are looked for: at the start of a server, and by `manage.py collectstatic`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._bundles = FileSystemStorage(settings.BUNDLES_ROOT)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yields the path and storage of each file. Those that are part of a bundle are left out."""
        folders = tuple(f"{Path(bundle).parent}/" for bundle in BUNDLES)
        for path, storage in super().list(ignore_patterns):
            if path in BUNDLES:
                self._join(path, storage.path(path))
                yield path, self._bundles
            elif not path.startswith(folders):
                yield path, storage

    def find_location(self, root: str, path: str, prefix: str | None = None) -> str | None:
        """Returns the absolute path of a file in `root`, or None if there is none."""
        found = super().find_location(root, path, prefix)
        return self._join(path, found) if found and path in BUNDLES else found

    def _join(self, path: str, entry: str) -> str:
        """Writes a bundle, if its content has changed, and returns its absolute path."""
        bundle = Path(self._bundles.path(path))
        content = BUNDLES[path](Path(entry)).encode()
        if not bundle.is_file() or bundle.read_bytes() != content:
            bundle.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=bundle.parent, delete=False) as file:
                file.write(content)
            Path(file.name).replace(bundle)  # at once, because other processes may read it
        return str(bundle)


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Adds a hash of its content to each file's name.

    Before `manage.py collectstatic` has run, files are served under their own names, as the finders find them.
    """

    def stored_name(self, name: str) -> str:
        if not self.hashed_files:
            return name
        stored: str = super().stored_name(name)
        return stored

    def _save(self, name: str, content: File[Any]) -> str:
        if minify := MINIFIERS.get(name.partition("/")[0]):
            content.seek(0)
            text = content.read()
            content = ContentFile(minify(text.decode() if isinstance(text, bytes) else text).encode())
        saved: str = super()._save(name, content)
        return saved
