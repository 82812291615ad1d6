"""Where static files are served from in production."""

from typing import Any

from django.core.files.base import ContentFile, File
from rcssmin import cssmin
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

MINIFIERS = {"css": cssmin, "js": jsmin}
"""For our own files, by their folders: without comments and blanks all of them are 37 KB compressed instead of 47."""


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Names each file after its content, the modules that scripts import from each other included, once
    `manage.py collectstatic` has run; until then files are served under their own names, from where they are."""

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
