"""Storage of static files in production."""

from typing import Any

from django.core.files.base import ContentFile, File
from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

MINIFIERS = {"css": cssmin, "js": jsmin}
"""Minifiers for Livefeed's own files, by their folder. WhiteNoise then compresses each file by gzip and Brotli."""


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Adds a hash of its content to each file's name, also in the import statements of scripts.

    Before `manage.py collectstatic` has run, files are served under their own names from their source folders.
    """

    support_js_module_import_aggregation = True

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
